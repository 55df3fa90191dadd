"""Synthetic motion: parametric movements of a person, with captions."""
