"""The types in which float32 arrays may be stored. The command line names them without NumPy."""

FLOAT32, FLOAT16, INT16 = "float32", "float16", "int16"
STORED = (FLOAT16, INT16)
"""The types that take half of the bytes; `shards.format.compact` packs and unpacks them."""
