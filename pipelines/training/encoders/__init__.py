"""Point encoders: the built-in one, and loading any of them from a checkpoint."""
