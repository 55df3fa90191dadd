"""Read the dict that `numpy.save` pickled into a `.npy` file, without running its code."""

import io
from pathlib import Path

import numpy as np

from motiondata.bodies.unpickling import arrays_of, unpickle
from motiondata.errors import InputError

HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_pickled_npy(path: Path, expected: str) -> dict[str, object]:
    """Return the dict in a `.npy` file of one object; arrays of numbers are arrays.

    `expected` says in errors what the file should be. Raises `InputError` if the file is not one,
    and as `motiondata.bodies.unpickling.read_pickle` does.
    """
    content = path.read_bytes()
    file = io.BytesIO(content)
    try:
        HEADERS[np.lib.format.read_magic(file)](file)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: no header of a .npy file; expected {expected}") from error
    found = unpickle(content[file.tell() :], str(path), expected)
    objects = getattr(found, "objects", None)
    if not objects or len(objects) != 1 or not isinstance(objects[0], dict):
        raise InputError(f"{path}: the pickle holds no dict; expected {expected}")
    return arrays_of(objects[0])
