"""Scoring captions by the acts that synthetic clips are labeled with."""
