"""Runs of true values in a row of flags."""

import numpy as np
from numpy.typing import NDArray


def true_runs(flags: NDArray[np.bool_], least: int = 1) -> list[range]:
    """Return the places of each run of true values that has at least `least` of them, in order.

    `flags` are shaped (values,).
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    found = (range(start, stop) for start, stop in edges.reshape(-1, 2).tolist())
    return [run for run in found if len(run) >= least]
