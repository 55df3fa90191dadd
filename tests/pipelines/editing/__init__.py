"""Tests of datasets made of finished ones."""
