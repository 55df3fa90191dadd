"""Measurements, each printed by a command, beside well-known packages in the same run."""
