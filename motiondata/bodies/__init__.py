"""Load, shape and pose bodies in SMPL's file format."""
