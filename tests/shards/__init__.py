"""Tests of `shards`, which know no motion and no Ray."""
