"""A spinning LiDAR: its rays, its place, what it hits and which points are kept."""
