"""Clips of a finished dataset as people see them, and a report of the whole dataset."""
