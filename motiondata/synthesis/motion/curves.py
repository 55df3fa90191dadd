"""Curves over time: quintic pieces between keys, and a smoothed line through knots.

Two kinds, since a body does two things: it arrives and stops (a gesture, a step: quintic pieces,
at rest in every key unless a speed is given), or it passes by (the root's path: a line between
knots, smoothed). Both have continuous accelerations, so whatever is added up from them has too.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PASSES = 3
"""How many moving means smooth a line: acceleration is continuous after two, jerk after three."""

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

    A curve is the row that it adds to and its keys (keys, 4): time, value, speed, acceleration. It
    holds its first and last values outside. All curves are evaluated at once: a motion has a
    hundred short ones, and calls would cost more than sums.
    """
    keys = np.concatenate([curve for _, curve in curves])
    of_key = np.repeat(np.arange(len(curves)), [len(curve) for _, curve in curves])
    row = np.array([row for row, _ in curves])[of_key]
    joined = of_key[:-1] == of_key[1:]
    inner = _pieces(keys[:-1][joined], keys[1:][joined], row[:-1][joined], rows, times)
    return inner + _ends(keys, row, joined, rows, times)


def _pieces(start: Floats, end: Floats, row: NDArray[np.int64], rows: int, times: Floats) -> Floats:
    """Return the sums of the pieces between keys (pieces, 4), each within its own time."""
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
    """Return the sums of what curves hold before their first key and after their last."""
    is_first, is_last = np.append(True, ~joined), np.append(~joined, True)
    steps = np.zeros((rows, len(times) + 1))
    frame = np.searchsorted(times, keys[:, 0])
    np.add.at(steps, (row[is_first], 0), keys[is_first, 1])
    np.add.at(steps, (row[is_first], frame[is_first]), -keys[is_first, 1])
    np.add.at(steps, (row[is_last], frame[is_last]), keys[is_last, 1])
    return np.cumsum(steps[:, :-1], axis=1)


def smooth_line(times: Floats, knots: Floats, width_seconds: float) -> Floats:
    """Return the line through `knots` smoothed over `width_seconds`, shaped (frames, values).

    `knots` is shaped (knots, 1 + values), its first column increasing times. The curve never
    leaves the range of its knots, which a spline through them would.
    """
    line = np.stack([np.interp(times, knots[:, 0], column) for column in knots[:, 1:].T], axis=1)
    fps = 1.0 / (times[1] - times[0])
    return smooth(line, max(1, round(width_seconds * fps / (2 * PASSES))))


def smooth(values: Floats, half: int) -> Floats:
    """Return `values`, shaped (frames, ...), after three means over `half` frames to either side.

    So a value depends on `PASSES * half` frames before it and as many after.
    """
    for _ in range(PASSES):
        values = _moving_mean(values, half)
    return values


def _moving_mean(values: Floats, half: int) -> Floats:
    """Return the mean over 2 * half + 1 frames around each, the ends held."""
    pad = [(half + 1, half)] + [(0, 0)] * (values.ndim - 1)
    running = np.cumsum(np.pad(values, pad, mode="edge"), axis=0)
    width = 2 * half + 1
    mean: Floats = (running[width:] - running[:-width]) / width
    return mean
