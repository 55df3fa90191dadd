"""Rigs: several sensors, fixed or moving, placed by a file."""
