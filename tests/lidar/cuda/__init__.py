"""Tests of the GPU, for machines that have none."""
