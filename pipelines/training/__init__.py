"""Training on shards: from points to features to captions. Needs the extra `train`."""
