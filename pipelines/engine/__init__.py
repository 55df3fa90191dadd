"""The engine: builds the dataset of any product from a plan. A build can be resumed."""
