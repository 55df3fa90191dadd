"""Tests of the rows of a phase-functioned network."""
