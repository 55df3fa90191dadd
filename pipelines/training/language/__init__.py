"""Motion as a language: a T5 that reads and writes motion tokens and text."""
