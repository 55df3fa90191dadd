"""Scanning and sampling on one CPU core."""
