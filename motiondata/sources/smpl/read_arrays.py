"""Read the arrays and texts of files: `.npz`, `.npy`, `.pkl`, `.pk`, `.pt`; no code of them is run.

A pickle, or a file of joblib, is read by the unpickler of bodies, which makes only arrays. A dict
within a dict gives keys such as `smpl_params_global/transl`.
"""

import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from motiondata.bodies.pickled_npy import read_pickled_npy
from motiondata.bodies.unpickling import arrays_of, unpickle
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import is_of_the_file, read_small_file
from motiondata.npz import open_npz
from motiondata.sources.smpl.people import MIN_FRAMES, people_of

MAX_BYTES = 2**30
"""Maximum size of a file: an hour of 24 rotation matrices at 60 fps takes 0.4 GB."""

EXPECTED = "poses of SMPL, SMPL-H or SMPL-X"

MAX_STEPS = 2**23
"""Maximum number of steps of a pickle: the tracker of 4D-Humans takes about 500 for a person in a
frame."""

ZLIB = b"\x78"
"""The first byte of files that joblib has compressed by zlib, its default method."""

WHOLE = "array"
"""The key of the array in a `.npy` file, which has no keys."""

Values = dict[str, Any]


def read_people(path: Path) -> dict[str, Values]:
    """Return what a file holds of each person, by key; the only person has no name.

    Raises `RecordingError` (UNREADABLE, INVALID, or TOO_SHORT if nobody is seen for long enough).
    """
    people = people_of(READERS[path.suffix.lower()](path))
    if not people:
        raise RecordingError(
            DropReason.TOO_SHORT,
            f"{path.name}: found nobody who is in {MIN_FRAMES} frames in a row",
        )
    return {name: dict(_flat(values)) for name, values in people.items()}


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
        found = unpickle(_unpacked(path), path.name, EXPECTED, MAX_STEPS)
    except InputError as error:
        raise RecordingError(DropReason.UNREADABLE, str(error)) from error
    if not isinstance(found, dict):
        raise RecordingError(
            DropReason.INVALID,
            f"{path.name}: found a {type(found).__name__}; expected a dict of {EXPECTED}",
        )
    return found


def _unpacked(path: Path) -> bytes:
    """Return the content of a file, which joblib may have compressed."""
    content = _content(path)
    if not content.startswith(ZLIB):
        return content
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(content, MAX_BYTES)
    except zlib.error as error:
        raise _unreadable(path, str(error)) from error
    if not unpacker.eof:
        raise _unreadable(path, f"cut short, or more than {MAX_BYTES} bytes")
    return unpacked


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
    ".pk": _read_pickle,
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
