"""Bodies in SMPL's file format, and posing them."""
