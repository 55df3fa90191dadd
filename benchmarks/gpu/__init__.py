"""Posing, scanning and building on a GPU."""
