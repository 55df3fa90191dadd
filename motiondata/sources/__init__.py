"""Motion sources: one folder per archive or index."""
