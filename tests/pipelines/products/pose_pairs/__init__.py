"""Tests of datasets of pose pairs."""
