"""Defaults of the report's options. The command line reads them without loading NumPy."""

CLIP_MEGABYTES = 8.0
"""The size of all clips that play in a page: with its table, the demo's page is below 10 MB."""
