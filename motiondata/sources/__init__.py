"""Sources of motion: one folder per archive or index."""
