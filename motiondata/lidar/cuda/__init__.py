"""Pose, scan and sample on a GPU."""
