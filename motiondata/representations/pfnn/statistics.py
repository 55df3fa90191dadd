"""Means and deviations by which the network's input and output are standardized.

Source: `train_pfnn.py` of Holden et al. 2017, in our own words.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.representations.pfnn.layout import (
    JOINT_SHARE,
    WEIGHTED,
    X_GROUPS,
    Y_GROUPS,
)
from motiondata.representations.pfnn.skeleton import PFNN_JOINTS

Floats = NDArray[np.float64]

WEIGHTS = np.repeat([joint.weight for joint in PFNN_JOINTS], 3)
"""The weight of each joint's three columns, shaped (93,)."""


class RowStatistics(NamedTuple):
    """The contents of `Xmean.bin`, `Xstd.bin`, `Ymean.bin` and `Ystd.bin`."""

    x_mean: Floats
    x_std: Floats
    y_mean: Floats
    y_std: Floats


def grouped_deviations(x_std: Floats, y_std: Floats) -> tuple[Floats, Floats]:
    """Return the deviations of the columns of X (342,) and Y (311,), averaged in their groups.

    Those of the input's joints are divided by a tenth of the joint's weight, so that joints count
    less than the path, and helpers not at all. A deviation of 0 is 1: such columns are constant,
    and the published script would divide by 0.
    """
    x, y = x_std.copy(), y_std.copy()
    for groups, std in ((X_GROUPS, x), (Y_GROUPS, y)):
        for columns in groups.values():
            mean = std[columns].mean()
            std[columns] = mean if mean > 0 else 1.0
    for name in WEIGHTED:
        x[X_GROUPS[name]] /= WEIGHTS * JOINT_SHARE
    return x, y


def row_statistics(x: NDArray[np.float32], y: NDArray[np.float32]) -> RowStatistics:
    """Return the statistics of rows X (rows, 342) and Y (rows, 311)."""
    wide = x.astype(np.float64), y.astype(np.float64)
    x_std, y_std = grouped_deviations(*(each.std(axis=0) for each in wide))
    return RowStatistics(wide[0].mean(axis=0), x_std, wide[1].mean(axis=0), y_std)
