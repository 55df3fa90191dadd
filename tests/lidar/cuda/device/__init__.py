"""What runs on a GPU, a real one or Numba's simulator: collected only in a process of its own."""
