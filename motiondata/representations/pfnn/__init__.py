"""The numbers that a phase-functioned network reads and predicts."""
