"""Files damaged in all ways: read, or refused in a sentence."""
