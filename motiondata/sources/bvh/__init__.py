"""BVH files, retargeted to the SMPL joints."""
