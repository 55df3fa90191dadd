"""Sample keys: the name of the clip, followed by the number of the view for further sensors.

The format is defined in one place, because users of a dataset must know which samples show the same
motion.
"""

import re

_FURTHER_VIEW = re.compile(r"_v\d+$")


def view_key(name: str, view: int) -> str:
    """Return the key of a view of a clip: `012314` for view 0, `012314_v1` for view 1."""
    return f"{name}_v{view}" if view else name


def clip_name(key: str) -> str:
    """Return the name of the clip that a sample shows."""
    return _FURTHER_VIEW.sub("", key)
