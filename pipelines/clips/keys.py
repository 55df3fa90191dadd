"""Sample keys: the name of a variant of a clip, and a number for further samples of that variant.

A product that makes several samples of a variant, such as one per sensor, numbers them. The format
is defined in one place, because users of a dataset must know which samples show the same motion.
"""

import re

FURTHER = "_[vV][0-9]+$"
"""A regular expression for the end of the keys of further samples, in upper or lower case."""
_FURTHER = re.compile(r"_v\d+$")


def sample_key(name: str, number: int) -> str:
    """Return the key of a sample of a variant: `012314` for number 0, `012314_v1` for number 1."""
    return f"{name}_v{number}" if number else name


def sample_number(key: str) -> int:
    """Return the number of a sample of its variant: 0 for `012314`, 1 for `012314_v1`."""
    found = _FURTHER.search(key)
    return int(found[0][2:]) if found else 0


def clip_name(key: str) -> str:
    """Return the name of the variant of a clip that a sample shows."""
    return _FURTHER.sub("", key)
