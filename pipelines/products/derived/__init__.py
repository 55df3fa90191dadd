"""Datasets that are derived from another dataset, sample by sample."""
