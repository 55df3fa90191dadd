"""Packages that only some functions of `shards` need: their absence is said in one sentence."""

from motiondata.extras import naming_extras

__all__ = ["naming_extras"]
