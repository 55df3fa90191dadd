"""Keys of samples: the name of their clip, and which further sensor's view of it they are.

Written in one place, since what is made of a dataset must know which samples show one motion.
"""

import re

_FURTHER_VIEW = re.compile(r"_v\d+$")


def view_key(name: str, view: int) -> str:
    """Return the key of a view of a clip: `012314`, of further views `012314_v1`."""
    return f"{name}_v{view}" if view else name


def clip_name(key: str) -> str:
    """Return the name of the clip that a sample is a view of."""
    return _FURTHER_VIEW.sub("", key)
