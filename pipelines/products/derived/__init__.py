"""Datasets that are derived from another dataset, one sample from each of its samples."""
