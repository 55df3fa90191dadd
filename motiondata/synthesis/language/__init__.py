"""Captions of synthetic motion."""
