"""The format: members, shards, tables and descriptions as files, and reading them strictly."""
