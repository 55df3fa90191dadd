"""Pairs of poses: codes of what a pose is, codes of what differs, pairs by rules, and texts."""
