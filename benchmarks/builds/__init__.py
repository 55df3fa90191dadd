"""Whole builds and their stages, compared with pipelines of well-known packages."""
