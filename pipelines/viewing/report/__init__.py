"""The report of a dataset: one HTML file that needs neither a server nor a network."""
