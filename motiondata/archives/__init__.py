"""Archives of recordings: finding a file and reading it."""
