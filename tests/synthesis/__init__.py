"""Tests of made motion."""
