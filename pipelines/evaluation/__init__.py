"""Evaluation of captions: similarity to references, correctness of acts, and baselines."""
