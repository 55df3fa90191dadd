"""The file format: members, shards, tables and `dataset.json`, with strict readers."""
