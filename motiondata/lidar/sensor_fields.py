"""Fields of a sensor's file that may be anything: each is checked as it is taken."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError


def take_radians(path: Path, fields: Any, key: str) -> NDArray[np.float64]:
    """Return a list of angles in degrees as radians, shaped (angles,); raises `InputError`."""
    degrees = take(path, fields, key, list)
    if not all(type(angle) in (int, float) for angle in degrees):
        raise InputError(f"{path}: expected {key} as a list of numbers, found {repr(degrees)[:60]}")
    return np.radians(np.array(degrees, dtype=np.float64))


def take(path: Path, fields: Any, key: str, *kinds: type) -> Any:
    """Return the value of a key if it is of one of the types; raises `InputError`."""
    value = fields.get(key) if isinstance(fields, dict) else None
    if type(value) not in kinds:
        expected = " or ".join(kind.__name__ for kind in kinds)
        found = "nothing" if value is None else repr(value)[:60]
        raise InputError(f"{path}: expected {key} as {expected}, found {found}")
    return value
