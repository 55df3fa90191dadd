"""Tests of pairs of poses."""
