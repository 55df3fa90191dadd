"""Motion features: our code compared with the notebook's path, written plainly in NumPy."""
