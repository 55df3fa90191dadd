"""Judging captions: scores, baselines and the report."""
