"""Slow and obvious versions of the fast things, to judge them by."""
