"""Read PFNN recordings: BVH files with phase, gait and footsteps."""
