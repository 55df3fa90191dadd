"""What Numba's simulator runs: collected only in a process that has it switched on."""
