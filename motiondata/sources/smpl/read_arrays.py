"""Read the arrays and texts of an `.npz`, `.npy`, `.pkl` or `.pt` file, without running its code.

A pickle is read by the unpickler of bodies, which makes only arrays. A dict within a dict gives
keys such as `smpl_params_global/transl`.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from motiondata.bodies.pickled_npy import read_pickled_npy
from motiondata.bodies.unpickling import arrays_of, unpickle
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import is_of_the_file, read_small_file
from motiondata.npz import open_npz

MAX_BYTES = 2**30
"""Maximum size of a file: an hour of 24 rotation matrices at 60 fps takes 0.4 GB."""

EXPECTED = "poses of SMPL, SMPL-H or SMPL-X"

WHOLE = "array"
"""The key of the array in a `.npy` file, which has no keys."""

Values = dict[str, Any]


def read_arrays(path: Path) -> Values:
    """Return what a file holds, by key; raise `RecordingError` (UNREADABLE or INVALID)."""
    return READERS[path.suffix.lower()](path)


def _read_npz(path: Path) -> Values:
    with open_npz(path, path.name) as npz:
        readable = (key for key in npz.members if npz.members[key].file_size)
        return {key: _simple(value) for key in readable if (value := _member(npz, key)) is not None}


def _member(npz: Any, key: str) -> Any:
    """Return an array, or None for Python objects, which files of results have besides arrays."""
    try:
        return npz.read(key)
    except RecordingError as error:
        if "Python objects" in str(error):
            return None
        raise


def _read_npy(path: Path) -> Values:
    content = _content(path)
    try:
        return {WHOLE: np.load(io.BytesIO(content), allow_pickle=False)}
    except (EOFError, MemoryError) as error:
        raise _unreadable(path, str(error)) from error
    except ValueError as error:
        if "allow_pickle=False" not in str(error):
            raise _unreadable(path, str(error)) from error
    try:
        return read_pickled_npy(path, EXPECTED)
    except InputError as error:
        raise RecordingError(DropReason.UNREADABLE, str(error)) from error


def _read_pickle(path: Path) -> Values:
    try:
        found = unpickle(_content(path), path.name, EXPECTED)
    except InputError as error:
        raise RecordingError(DropReason.UNREADABLE, str(error)) from error
    if not isinstance(found, dict):
        raise RecordingError(
            DropReason.INVALID,
            f"{path.name}: found a {type(found).__name__}; expected a dict of {EXPECTED}",
        )
    return dict(_flat(found))


def _read_torch(path: Path) -> Values:
    import torch  # only for files of it; slow to import

    try:
        found = torch.load(io.BytesIO(_content(path)), map_location="cpu", weights_only=True)
    except Exception as error:  # PyTorch raises errors of any type
        raise _unreadable(path, str(error).split("\n", 1)[0][:200]) from error
    if not isinstance(found, dict):
        raise _unreadable(path, f"a {type(found).__name__}, no dict")
    arrays = dict(_flat(found))
    is_tensor = {key: isinstance(value, torch.Tensor) for key, value in arrays.items()}
    return {
        key: value.detach().numpy() if is_tensor[key] else value for key, value in arrays.items()
    }


READERS: Mapping[str, Callable[[Path], Values]] = {
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".pkl": _read_pickle,
    ".pt": _read_torch,
}
"""The reader of each suffix."""


def _flat(found: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in arrays_of(dict(found)).items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}/")
        else:
            yield f"{above}{key}", value


def _simple(value: Any) -> Any:
    """Return the text of an array of one text, and other arrays as they are."""
    is_text = value.size == 1 and value.dtype.kind in "US"
    return value.item() if is_text else value


def _content(path: Path) -> bytes:
    try:
        return read_small_file(path, MAX_BYTES)
    except OSError as error:
        if not is_of_the_file(error):
            raise
        raise _unreadable(path, error.strerror or str(error)) from error


def _unreadable(path: Path, found: str) -> RecordingError:
    return RecordingError(
        DropReason.UNREADABLE, f"{path.name}: cannot be read ({found}); expected {EXPECTED}"
    )
