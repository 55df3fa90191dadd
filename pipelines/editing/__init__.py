"""Datasets made of finished ones: samples are chosen, joined or renamed, and copied."""
