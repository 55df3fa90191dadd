"""LiDAR scans of files of meshes, as files of points or range images."""
