"""Points stored in half of their bytes: as float16, or as int16 on a grid in each frame.

Readers get float32 values again. With float16, a coordinate of 8 to 16 m has an error of up to
4 mm, and half of that at half of the distance. With int16, the first rows of a frame hold its
origin, the middle of its points, and its step, 2^-12 m (0.244 mm); the error of a coordinate is up
to half a step. A frame of more than 16 m along an axis has the least power of two as step that
reaches all of it. Origins are multiples of the step, so sums are exact in float32 and the same on
every machine.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.format.stored_types import FLOAT16, INT16

STEP = 2.0**-12
"""The finest step of the grid in meters: 0.244 mm."""
HEADER_ROWS = 3
"""Rows of three int16 before the points of a frame: origin (x, y, z) and step as float32, and 0."""
_MOST = 32766.0
"""The largest number of steps from the origin; one less than int16 has, as origins are rounded."""
_EXACT = 2.0**23
"""The largest number of steps of a coordinate: twice as many are whole numbers in float32."""


def stored_rows(stored: str, rows: int) -> int:
    """Return the number of rows of a frame of `rows` points as they are stored."""
    return rows + HEADER_ROWS if stored == INT16 else rows


def pack(points: NDArray[np.float32], stored: str) -> NDArray[Any]:
    """Return points, shaped (frames, points, 3), as they are stored.

    Of a frame with an infinite value or NaN, NaN is stored for all.
    """
    if stored == FLOAT16:
        with np.errstate(over="ignore"):  # too large: infinite, which the schema refuses
            return points.astype(np.float16)
    columns = np.ascontiguousarray(points.transpose(0, 2, 1))  # of which bounds are found faster
    low, high = columns.min(2).astype(np.float64), columns.max(2).astype(np.float64)
    is_finite = np.isfinite([low, high]).all((0, 2))
    low[~is_finite] = high[~is_finite] = 0
    steps = _steps(low, high)[:, None]
    origins = np.rint((low + high) / 2 / steps) * steps
    grid = np.concatenate([origins, steps], 1).astype("<f4")
    grid[~is_finite] = np.nan
    header = np.zeros((len(points), HEADER_ROWS * 3), "<i2")
    header[:, :8] = grid.view("<i2")
    numbers = points - origins[:, None]
    numbers /= steps[:, None]
    with np.errstate(invalid="ignore"):  # of frames that are not finite
        packed = np.rint(numbers, out=numbers).astype("<i2")
    return np.concatenate([header.reshape(-1, HEADER_ROWS, 3), packed], 1)


def unpack(array: NDArray[Any], stored: str) -> NDArray[np.float32]:
    """Return stored points, shaped (..., rows, 3), as float32 shaped (..., points, 3)."""
    if stored == FLOAT16:
        return array.astype(np.float32)
    rows = np.ascontiguousarray(array[..., :HEADER_ROWS, :])
    header = rows.reshape(*array.shape[:-2], HEADER_ROWS * 3)
    grid = np.ascontiguousarray(header[..., :8]).view("<f4")[..., None, :]
    points: NDArray[np.float32] = array[..., HEADER_ROWS:, :].astype(np.float32)
    with np.errstate(all="ignore"):  # of damaged bytes, whose values the schema refuses
        for axis in range(3):  # faster than sums of three numbers
            coordinates = points[..., axis]
            coordinates *= grid[..., 3]
            coordinates += grid[..., axis]
    return points


def _steps(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the step of each frame, given its bounds, shaped (frames, 3)."""
    reach = np.max(high - low, axis=1) / 2 / _MOST
    farthest = np.max(np.maximum(np.abs(low), np.abs(high)), axis=1) / _EXACT
    _, exponents = np.frexp(np.maximum(reach, farthest) / STEP)
    steps: NDArray[np.float64] = np.ldexp(STEP, np.maximum(exponents, 0))
    return steps
