"""Joint positions with coordinates as the outer axis and frames as the inner one.

NumPy is fast along long axes. Sums are written out, so that bits are the same on every CPU.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import numeric_array
from motiondata.errors import DropReason, RecordingError
from motiondata.representations.quaternions import Singles


def to_planes(joints: ArrayLike, count: int, fewest: int = 1) -> Singles:
    """Return positions shaped (frames, `count`, 3) as an array shaped (3, `count`, frames).

    Raises `InputError` for other shapes, and `RecordingError` if there are fewer than `fewest`
    frames (TOO_SHORT) or values that are not finite (NOT_FINITE).
    """
    array = numeric_array(joints, "joints", ("frames", count, 3))
    if len(array) < fewest:
        raise RecordingError(
            DropReason.TOO_SHORT, f"expected at least {fewest} frames, found {len(array)}"
        )
    with np.errstate(over="ignore"):
        planes = np.ascontiguousarray(array.transpose(2, 1, 0), np.float32)
    bad = np.logical_not(np.isfinite(planes).all(axis=(0, 1)))
    if bad.any():
        raise RecordingError(
            DropReason.NOT_FINITE,
            f"NaN or infinite joint positions in {bad.sum()} of {len(array)} frames, first in "
            f"frame {bad.argmax()}",
        )
    return planes


def from_planes(planes: NDArray[Any]) -> Singles:
    """Return positions shaped (3, joints, frames) as float32 shaped (frames, joints, 3)."""
    return np.ascontiguousarray(planes.transpose(2, 1, 0), np.float32)


def lengths_of(vectors: NDArray[Any]) -> NDArray[Any]:
    """Return the lengths of vectors whose coordinates are the first axis, in their precision."""
    x, y, z = vectors
    lengths: NDArray[Any] = np.sqrt(x * x + y * y + z * z)
    return lengths


def bone_lengths(ends: Singles, starts: Singles) -> Singles:
    """Return the lengths of bones between positions shaped (3, bones), as PyTorch rounds them.

    Its norm adds with fused operations: a product is rounded once, after it is added. Products of
    float32 values are exact in 64 bits.
    """
    x, y, z = (ends - starts).astype(np.float64)
    total = (x * x).astype(np.float32)
    for part in (y, z):
        total = (part * part + total).astype(np.float32)
    lengths: Singles = np.sqrt(total)
    return lengths
