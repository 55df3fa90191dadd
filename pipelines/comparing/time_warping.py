"""Dynamic time warping: the cheapest pairing of the frames of two sequences, in order.

Sakoe & Chiba, "Dynamic programming algorithm optimization for spoken word recognition" (1978), with
steps of one frame in either sequence or in both, and without weights.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEPS = ((1, 1), (1, 0), (0, 1))
"""The steps back, in the order in which ties are decided: both sequences go on together."""


def warp(costs: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Return the path of the smallest total cost, pairs of frames shaped (pairs, 2).

    `costs` of all pairs are shaped (frames, frames of the other), at least 0. The path begins with
    both first frames and ends with both last ones; every frame is in it.
    """
    totals = _totals(costs)
    at = costs.shape
    path = [at]
    while at != (1, 1):
        back = [(at[0] - first, at[1] - second) for first, second in STEPS]
        at = min(back, key=lambda pair: totals[pair])
        path.append(at)
    return np.array(path[::-1]) - 1


def _totals(costs: NDArray[np.floating[Any]]) -> Floats:
    """Return the smallest total cost up to each pair, with a row and a column of infinity before.

    The pairs of a diagonal depend on the two diagonals before it only.
    """
    rows, columns = costs.shape
    totals = np.full((rows + 1, columns + 1), np.inf)
    totals[0, 0] = 0
    for diagonal in range(2, rows + columns + 1):
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        before = np.minimum(totals[i - 1, j - 1], np.minimum(totals[i - 1, j], totals[i, j - 1]))
        totals[i, j] = costs[i - 1, j - 1] + before
    return totals
