"""Folders at URLs: read and written through `fsspec`, with limits, retries and clear errors."""
