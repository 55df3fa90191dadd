"""Posing, scanning and sampling on a GPU."""
