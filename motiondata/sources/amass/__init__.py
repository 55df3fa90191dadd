"""AMASS: reading and writing recordings, and the names of its subsets."""
