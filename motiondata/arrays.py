"""Checks of arrays that a caller passes in: numbers, of a given shape, all finite.

Readers of files have checks that name the file; these name the argument.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from motiondata.errors import InputError

RIGID_TOLERANCE = 1e-5
"""How far the product of a rotation and its transpose may be from the identity, per element: some
ten times the rounding of a matrix in single precision."""

Shape = tuple[str | int, ...]
"""The expected length of each axis; a name where any length is allowed."""


def numeric_array(value: ArrayLike, name: str, shape: Shape) -> NDArray[Any]:
    """Return `value` as an array of real numbers of that shape; integers keep their type.

    Raises `InputError`, which calls the argument `name`.
    """
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(f"{name}: expected {_said(shape)}, found rows that differ") from error
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name}: expected {_said(shape)}, found values of type {array.dtype}")
    if not _fits(array.shape, shape):
        raise InputError(f"{name}: expected {_said(shape)}, found the shape {array.shape}")
    return array


def finite_array(
    value: ArrayLike, name: str, shape: Shape, dtype: DTypeLike = np.float64
) -> NDArray[Any]:
    """Return `value` as a contiguous array of `dtype`, all of whose numbers are finite in it.

    Raises `InputError` as `numeric_array` does, and for NaN and infinity.
    """
    array = numeric_array(value, name, shape)
    with np.errstate(over="ignore"):
        converted = np.ascontiguousarray(array, dtype)
    if not np.isfinite(converted).all():
        count = np.count_nonzero(~np.isfinite(converted))
        raise InputError(
            f"{name}: expected finite numbers within {converted.dtype}, found {count:,} of "
            f"{converted.size:,} that are not"
        )
    return converted


def rigid_transform(value: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return `value` as a rotation with a translation, shaped (4, 4).

    Raises `InputError` where it scales, shears or mirrors, or its last row is not (0, 0, 0, 1).
    """
    transform: NDArray[np.float64] = finite_array(value, name, (4, 4))
    rotation = transform[:3, :3]
    deviation = np.abs(rotation @ rotation.T - np.eye(3)).max()
    last_row = np.array_equal(transform[3], [0, 0, 0, 1])
    if deviation > RIGID_TOLERANCE or np.linalg.det(rotation) < 0 or not last_row:
        raise InputError(
            f"{name}: expected a rotation and a translation with the last row (0, 0, 0, 1), found "
            "a matrix that scales, shears, mirrors or projects"
        )
    return transform


def _fits(found: tuple[int, ...], shape: Shape) -> bool:
    return len(found) == len(shape) and all(
        isinstance(expected, str) or length == expected
        for length, expected in zip(found, shape, strict=True)
    )


def _said(shape: Shape) -> str:
    axes = ", ".join(map(str, shape))
    return f"numbers shaped ({axes}{',' if len(shape) == 1 else ''})"
