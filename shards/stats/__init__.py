"""Statistics of array fields."""
