"""Jobs: the only layer that knows Ray, and the only one that knows motions and shards both."""
