"""Realism: what a real sensor, clothes and a street add to an exact scan."""
