"""Importing this isolates the process: for Ray's workers, before they load an actor's class.

A class is loaded base by base: one that has `Isolated` as its first base is loaded in isolation.
"""

from motiondata.isolation import isolate

isolate()


class Isolated:
    """The first base of an actor."""
