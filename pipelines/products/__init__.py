"""Products: what a sample holds and how it is made. One folder or file per product."""
