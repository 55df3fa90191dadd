"""Contrastive training of a point encoder with captions."""
