"""Pairs of poses, and texts that correct the first pose into the second."""
