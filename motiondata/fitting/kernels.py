"""Compiled steps of the fit: smooth vectors over frames, and rotations turned by small steps.

All sums have a fixed order and only square roots are used, so the bits do not depend on the
processor.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.fitting.unknowns import PLACE
from motiondata.jit import kernel, step
from motiondata.skeletons import JOINTS

Array = NDArray[np.float64]


@kernel
def smooth_vectors(weights: Array, wanted: Array, stiffness: float) -> Array:
    """Return vectors v (frames, 3) with the least sum of w |v|^2 - 2 wanted v + stiffness |dv|^2.

    `weights` w are shaped (frames,), above 0; `wanted` (frames, 3) are the weighted vectors; dv is
    the change from one frame to the next.
    """
    frames = len(weights)
    pivots, smooth = np.empty(frames), wanted.copy()
    for frame in range(frames):
        neighbors = (frame > 0) + (frame < frames - 1)
        pivots[frame] = weights[frame] + stiffness * neighbors
        if frame > 0:
            factor = stiffness / pivots[frame - 1]
            pivots[frame] -= stiffness * factor
            for axis in range(3):
                smooth[frame, axis] += factor * smooth[frame - 1, axis]
    for frame in range(frames - 1, -1, -1):
        for axis in range(3):
            if frame < frames - 1:
                smooth[frame, axis] += stiffness * smooth[frame + 1, axis]
            smooth[frame, axis] /= pivots[frame]
    return smooth


@kernel
def turn_joints(local: Array, steps: Array) -> Array:
    """Return the rotations (frames, 22, 3, 3) after small rotations on their right.

    `steps` are shaped (frames, UNKNOWNS). The rotation of a step d is that of the quaternion (1,
    d / 2), which is about |d|.
    """
    turned = local.copy()
    small = np.empty((3, 3))
    for frame in range(len(local)):
        for joint in range(JOINTS):
            if PLACE[joint] >= 0:
                number = PLACE[joint]
                _write_small(steps[frame, number : number + 3], small)
                for row in range(3):
                    for column in range(3):
                        turned[frame, joint, row, column] = (
                            local[frame, joint, row, 0] * small[0, column]
                            + local[frame, joint, row, 1] * small[1, column]
                            + local[frame, joint, row, 2] * small[2, column]
                        )
    return turned


@step
def _write_small(turn: Array, matrix: Array) -> None:
    x, y, z = 0.5 * turn[0], 0.5 * turn[1], 0.5 * turn[2]
    two = 2.0 / (1.0 + x * x + y * y + z * z)
    matrix[0, 0] = 1.0 - two * (y * y + z * z)
    matrix[1, 1] = 1.0 - two * (x * x + z * z)
    matrix[2, 2] = 1.0 - two * (x * x + y * y)
    matrix[0, 1], matrix[1, 0] = two * (x * y - z), two * (x * y + z)
    matrix[0, 2], matrix[2, 0] = two * (x * z + y), two * (x * z - y)
    matrix[1, 2], matrix[2, 1] = two * (y * z - x), two * (y * z + x)
