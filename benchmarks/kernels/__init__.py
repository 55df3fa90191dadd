"""Kernels on one core, compared with well-known packages."""
