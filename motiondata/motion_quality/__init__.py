"""Quality of motion: measures of a clip with units, and flags for those above their limits."""
