"""Packages that only some functions of `shards` need: their absence is said in one sentence."""

from motiondata.extras import install_command, naming_extras

__all__ = ["install_command", "naming_extras"]
