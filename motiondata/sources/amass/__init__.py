"""AMASS: read and write recordings; map the names of its subsets."""
