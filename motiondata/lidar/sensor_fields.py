"""Read and check single fields of an untrusted sensor file."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError


def take_radians(path: Path, fields: Any, key: str) -> NDArray[np.float64]:
    """Return a field with a list of angles in degrees as radians, shaped (angles,).

    Raises `InputError` if the field is missing or is not a list of numbers.
    """
    degrees = take(path, fields, key, list)
    if not all(type(angle) in (int, float) for angle in degrees):
        raise InputError(f"{path}: expected {key} as a list of numbers, found {repr(degrees)[:60]}")
    return np.radians(np.array(degrees, dtype=np.float64))


def take(path: Path, fields: Any, key: str, *kinds: type) -> Any:
    """Return the value of a key; raises `InputError` unless it has one of the types `kinds`."""
    value = fields.get(key) if isinstance(fields, dict) else None
    if type(value) not in kinds:
        expected = " or ".join(kind.__name__ for kind in kinds)
        found = "nothing" if value is None else repr(value)[:60]
        raise InputError(f"{path}: expected {key} as {expected}, found {found}")
    return value
