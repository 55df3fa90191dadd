"""Pose pairs as tensors, for trainings: rotations of both poses, texts, and statistics."""
