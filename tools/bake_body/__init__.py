"""Bake the bundled free body; see `__main__`."""
