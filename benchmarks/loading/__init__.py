"""Loading shards, compared with other loaders."""
