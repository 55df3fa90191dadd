"""Benchmark commands, which compare with well-known packages in the same run."""
