"""Curves over time: quintic segments between keys, and smoothed polylines through knots.

Quintic segments are for movements that arrive and stop, such as gestures and steps; they are at
rest at every key unless a speed is given. Smoothed polylines are for movements that pass through
points without stopping, such as the path of the root. Both have continuous acceleration, and so do
their sums.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PASSES = 3
"""Number of moving averages that smooth a polyline.

Acceleration is continuous after two, jerk after three.
"""

# Rows: powers of u from 0 to 5. Columns: value, speed and acceleration at u = 0, then at u = 1.
_HERMITE = np.array(
    [
        [1, 0, 0.0, 0, 0, 0.0],
        [0, 1, 0.0, 0, 0, 0.0],
        [0, 0, 0.5, 0, 0, 0.0],
        [-10, -6, -1.5, 10, -4, 0.5],
        [15, 8, 1.5, -15, 7, -1.0],
        [-6, -3, -0.5, 6, -3, 0.5],
    ]
)


def sum_curves(curves: Sequence[tuple[int, Floats]], rows: int, times: Floats) -> Floats:
    """Return the sums of curves at increasing `times` (frames,), shaped (rows, frames).

    A curve is a pair of the row that it is added to and its keys (keys, 4): time, value, speed,
    acceleration. Before its first and after its last key, a curve holds its first and last value.
    All curves are evaluated in one pass, because a motion has about a hundred short curves, and
    separate calls would cost more than the sums.
    """
    keys = np.concatenate([curve for _, curve in curves])
    of_key = np.repeat(np.arange(len(curves)), [len(curve) for _, curve in curves])
    row = np.array([row for row, _ in curves])[of_key]
    joined = of_key[:-1] == of_key[1:]
    inner = _pieces(keys[:-1][joined], keys[1:][joined], row[:-1][joined], rows, times)
    return inner + _ends(keys, row, joined, rows, times)


def _pieces(start: Floats, end: Floats, row: NDArray[np.int64], rows: int, times: Floats) -> Floats:
    """Return the sums of the segments between keys (segments, 4), each within its time span."""
    first, last = np.searchsorted(times, start[:, 0]), np.searchsorted(times, end[:, 0])
    frames = last - first
    piece = np.repeat(np.arange(len(start)), frames)
    frame = np.arange(len(piece)) + np.repeat(first - np.cumsum(frames) + frames, frames)
    length = end[:, 0] - start[:, 0]
    scale = np.stack([np.ones_like(length), length, length**2], axis=1)
    powers = _HERMITE @ np.concatenate([start[:, 1:] * scale, end[:, 1:] * scale], axis=1).T
    u = (times[frame] - start[piece, 0]) / length[piece]
    value = powers[5, piece]
    for power in powers[4::-1]:
        value = value * u + power[piece]
    size = rows * len(times)
    sums = np.bincount(row[piece] * len(times) + frame, weights=value, minlength=size)
    return sums.astype(np.float64).reshape(rows, len(times))


def _ends(
    keys: Floats, row: NDArray[np.int64], joined: NDArray[np.bool_], rows: int, times: Floats
) -> Floats:
    """Return the sums of the values held before the first and after the last key of each curve."""
    is_first, is_last = np.append(True, ~joined), np.append(~joined, True)
    steps = np.zeros((rows, len(times) + 1))
    frame = np.searchsorted(times, keys[:, 0])
    np.add.at(steps, (row[is_first], 0), keys[is_first, 1])
    np.add.at(steps, (row[is_first], frame[is_first]), -keys[is_first, 1])
    np.add.at(steps, (row[is_last], frame[is_last]), keys[is_last, 1])
    return np.cumsum(steps[:, :-1], axis=1)


def smooth_line(times: Floats, knots: Floats, width_seconds: float) -> Floats:
    """Return the polyline through `knots`, smoothed over `width_seconds`: (frames, values).

    `knots` is shaped (knots, 1 + values); its first column is increasing times. Unlike a spline,
    the curve never leaves the range of its knots.
    """
    line = np.stack([np.interp(times, knots[:, 0], column) for column in knots[:, 1:].T], axis=1)
    fps = 1.0 / (times[1] - times[0])
    return smooth(line, max(1, round(width_seconds * fps / (2 * PASSES))))


def smooth(values: Floats, half: int) -> Floats:
    """Smooth `values`, shaped (frames, ...), by `PASSES` moving averages of `2 * half + 1` frames.

    Each result depends on `PASSES * half` frames before it and the same number after it.
    """
    for _ in range(PASSES):
        values = _moving_mean(values, half)
    return values


def _moving_mean(values: Floats, half: int) -> Floats:
    """Return the moving average over `2 * half + 1` frames; the end values are repeated."""
    pad = [(half + 1, half)] + [(0, 0)] * (values.ndim - 1)
    running = np.cumsum(np.pad(values, pad, mode="edge"), axis=0)
    width = 2 * half + 1
    mean: Floats = (running[width:] - running[:-width]) / width
    return mean
