"""Scaling of cost with the amount of work."""
