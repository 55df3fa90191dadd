"""The LiDAR product: simulated scans of clips, with poses and captions."""
