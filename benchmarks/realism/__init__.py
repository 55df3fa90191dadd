"""Real people in public scans compared with simulated ones at the same places."""
