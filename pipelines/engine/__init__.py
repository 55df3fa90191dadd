"""The engine: builds the dataset of any product, resumably, from a plan."""
