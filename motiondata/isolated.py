"""Import this module to isolate a Ray worker process before it loads an actor's class.

The bases of a class are loaded in order: if `Isolated` is the first base, the process is isolated
before the other bases are loaded.
"""

from motiondata.isolation import isolate

isolate()


class Isolated:
    """The first base class of an actor."""
