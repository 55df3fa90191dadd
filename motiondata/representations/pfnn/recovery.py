"""From rows of Y back to joints, as a character that follows the network's output moves."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.representations.humanml3d_recovery import yaw_matrices
from motiondata.representations.pfnn.layout import Y_BLOCKS, Y_COLUMNS
from motiondata.representations.pfnn.skeleton import COUNT
from motiondata.representations.sixd import rotate

Floats = NDArray[np.float64]


def recover_pfnn_joints(y: ArrayLike) -> Floats:
    """Return the joints of consecutive rows of Y (rows, 311), shaped (rows, 31, 3).

    The first row faces +z, with the hips above the origin; the unit is that of the rows. Rows of
    several cycles are consecutive if the last row of each is left out. Raises `InputError` for
    other shapes and for values that are not finite.
    """
    rows = finite_array(y, "y", ("rows", Y_COLUMNS))
    turns = rows[:, Y_BLOCKS["root_turn"]][:, 0]
    to_world = yaw_matrices(-_before(turns))
    steps = np.zeros((len(rows), 3))
    steps[:, ::2] = rows[:, Y_BLOCKS["root_velocity"]]
    path = np.stack([_before(axis) for axis in rotate(to_world, steps).T], axis=1)
    local = rows[:, Y_BLOCKS["joint_places"]].reshape(len(rows), COUNT, 3)
    joints: Floats = rotate(to_world[:, None], local) + path[:, None]
    return joints


def _before(steps: Floats) -> Floats:
    """Return the sums of the steps before each row."""
    return np.concatenate([[0.0], np.cumsum(steps)[:-1]]) if len(steps) else steps
