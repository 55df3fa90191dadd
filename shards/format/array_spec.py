"""What an array member of every sample is: its dtype, its shape, and how it is stored."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.format.compact import pack, stored_rows, unpack
from shards.format.npy import DTYPES, FLOATS
from shards.format.stored_types import FLOAT32, STORED

FRAMES = "frames"
"""The time axis, whose length varies between samples."""


@dataclass(frozen=True)
class ArraySpec:
    """The dtype and shape of an array member, such as float32 (frames, 384, 3)."""

    dtype: str
    """The dtype's name, such as `float32`."""
    shape: tuple[str | int, ...]
    """A name for each axis of varying length, a number for each fixed axis."""
    counted_where: str | None = None
    """A field shaped (frames,) with the number of distinct rows of each frame, which come first.
    Statistics of this array skip the frames where it is zero."""
    stored: str | None = None
    """The type in which values are stored, if it is another one, see `shards.format.compact`."""

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ShardError(f"the type is {self.dtype!r}; expected one of {', '.join(DTYPES)}")
        if self.stored is not None:
            self._check_stored()
        named = [
            axis if isinstance(axis, str) else type(axis) is int and axis > 0 for axis in self.shape
        ]
        if not named or not all(named):
            raise ShardError(f"the shape is {self.shape}; expected names and positive numbers")

    def _check_stored(self) -> None:
        is_of_points = self.dtype == FLOAT32 and len(self.shape) == 3 and self.shape[2] == 3
        if self.stored not in STORED or not is_of_points or not isinstance(self.shape[1], int):
            raise ShardError(
                f"{self.dtype} {self.shape} is stored as {self.stored!r}; expected float32 "
                f"(frames, points, 3) stored as one of {', '.join(STORED)}"
            )

    @property
    def as_stored(self) -> "ArraySpec":
        """The dtype and the shape of the array in a shard."""
        if self.stored is None:
            return self
        frames, rows, width = self.shape
        return ArraySpec(self.stored, (frames, stored_rows(self.stored, int(rows)), width))

    def pack(self, value: Any) -> Any:
        """Return a value as it is stored; one that does not match is left to `Schema.check`."""
        is_packed = self.stored is not None and isinstance(value, np.ndarray)
        if not is_packed or value.dtype != np.float32 or value.shape[1:] != self.shape[1:]:
            return value
        return pack(value, str(self.stored))

    def unpack(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the values of a stored array, shaped (..., *rows of a frame)."""
        return array if self.stored is None else unpack(array, self.stored)

    @property
    def components(self) -> int:
        """The length of the last axis, or 1 (scalar values) where that length varies."""
        last = self.shape[-1]
        return 1 if isinstance(last, str) else last

    @property
    def is_float(self) -> bool:
        """Whether the dtype is floating point; only such arrays have statistics."""
        return self.dtype in FLOATS

    def faults(self, array: NDArray[Any], axes: dict[str, int]) -> list[str]:
        """Return the faults of an array's dtype and shape; record lengths of new axes in `axes`."""
        expected = f"{self.dtype} ({', '.join(map(str, self.shape))})"
        if array.dtype != DTYPES[self.dtype] or array.ndim != len(self.shape):
            return [f"is {array.dtype} {array.shape}; expected {expected}"]
        faults = []
        for axis, length in zip(self.shape, array.shape, strict=True):
            wanted = axes.setdefault(axis, length) if isinstance(axis, str) else axis
            if length != wanted:
                faults.append(f"has {length} along {axis}, not {wanted}; expected {expected}")
        return faults


def spec_of(array: NDArray[Any]) -> ArraySpec:
    """Return the spec of an array of a shard whose first axis is that of frames.

    Points of three coordinates of a type in `STORED` are taken as stored in this type.
    """
    rows = array.shape[1:]
    if array.dtype.name not in STORED or len(rows) != 2 or rows[1] != 3:
        return ArraySpec(array.dtype.name, (FRAMES, *rows))
    stored = array.dtype.name
    return ArraySpec(FLOAT32, (FRAMES, rows[0] - stored_rows(stored, 0), 3), stored=stored)
