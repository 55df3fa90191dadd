"""Timing, processes and device descriptions that benchmarks share."""
