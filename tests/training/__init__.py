"""Tests of `pipelines.training`."""
