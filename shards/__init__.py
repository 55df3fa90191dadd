"""Samples in tar files: writing, reading, verifying, and statistics of arrays."""
