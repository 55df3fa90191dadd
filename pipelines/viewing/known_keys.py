"""Keys that a person typed: an unknown one is answered with those that are like it."""

from collections.abc import Iterable
from difflib import get_close_matches

from motiondata.errors import InputError
from shards.format.places import Place

LISTED = 3
"""The largest number of keys that are named."""


def expect_known(key: str, keys: Iterable[str], place: Place) -> None:
    """Raise `InputError` that names similar keys if `key` is none of `keys`, those of a place."""
    known = {*keys}
    if key in known:
        return
    containing = [other for other in sorted(known) if key in other][:LISTED]
    near = containing or get_close_matches(key, sorted(known), LISTED, 0.0)
    raise InputError(
        f"{key}: expected the key of a clip of {place}, found no such clip; "
        f"the nearest: {', '.join(near) or 'none, as it has no clips'}"
    )
