"""Cost as the work grows."""
