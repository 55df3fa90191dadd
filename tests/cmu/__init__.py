"""Tests of the import of CMU's ASF/AMC files."""
