"""Synthetic motion: from acts to a timeline to poses."""
