"""Check array arguments: real numbers, of a given shape, all finite.

Errors name the argument. File readers have their own checks, which name the file.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from motiondata.errors import InputError

RIGID_TOLERANCE = 1e-5
"""The largest difference per element between a rotation times its transpose and the identity:
about ten times the rounding error of a matrix in single precision."""

Shape = tuple[str | int, ...]
"""The expected length of each axis, or a name for an axis of any length."""


def numeric_array(value: ArrayLike, name: str, shape: Shape) -> NDArray[Any]:
    """Return `value` as an array of real numbers of the given shape; its type is kept.

    Raises `InputError`, with the argument's `name`, for other types and shapes.
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
    """Return `value` as a contiguous array of `dtype` with finite values only.

    Raises `InputError` as `numeric_array` does, and for values that are NaN or infinite in `dtype`.
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
    """Return `value` as a rigid transform, shaped (4, 4).

    Raises `InputError` if it scales, shears or mirrors, or its last row is not (0, 0, 0, 1).
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
