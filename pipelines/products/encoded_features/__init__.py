"""The features product: encode every clip of a dataset into a new dataset of feature shards.

A feature shard is derived from one shard of points and has the same name, keys and order, so that
splits and captions do not change.
"""
