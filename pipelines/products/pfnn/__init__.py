"""Rows of a phase-functioned network: its input, its output, and the phase."""
