"""Training on shards: from points to features to captions. Requires the extra `train`."""
