"""Simulation of a spinning LiDAR: rays, sensor placement, scans and sampled points."""
