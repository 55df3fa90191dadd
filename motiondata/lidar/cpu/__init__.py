"""Scan and sample on one CPU core."""
