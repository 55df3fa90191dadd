"""Scores of edited poses, beside two baselines."""
