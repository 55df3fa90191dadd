"""Tests of the LiDAR."""
