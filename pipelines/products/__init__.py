"""Products: the members of a sample and how to build them. One folder or file per product."""
