"""Fit SMPL poses, a shape and a path to joint positions, without a GPU or a learned prior."""
