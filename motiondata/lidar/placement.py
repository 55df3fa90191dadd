"""Where the sensor stands: in front of the subject, level, looking at the middle of its path.

World frame z up, as AMASS; sensor frame x forward, y left, z up. The middle is that of the path's
bounding box, so that a long pause does not draw the sensor to one end.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINT
from motiondata.trigonometry import sines_and_cosines


def first_heading(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which way the subject faces in the first frame: a unit vector along x and y.

    `joints` is shaped (frames, 22, 3), world frame. The subject faces along left x up, where left
    points across the hips and the shoulders together, as HumanML3D has it. Where hips and shoulders
    are stacked upright, +x is returned.
    """
    first = joints[0]
    across = first[JOINT["left_hip"]] - first[JOINT["right_hip"]]
    across = across + first[JOINT["left_shoulder"]] - first[JOINT["right_shoulder"]]
    facing = np.array([across[1], -across[0]])
    largest = np.abs(facing).max()
    if largest == 0:
        return np.array([1.0, 0.0])
    facing /= largest  # squares of the smallest numbers would be zero
    return np.asarray(facing / np.sqrt(facing[0] * facing[0] + facing[1] * facing[1]))


def place_sensor(
    pelvis_path: NDArray[np.float64],
    heading: NDArray[np.float64],
    *,
    distance: float,
    height: float,
    views: int = 1,
    floor: float = 0.0,
) -> NDArray[np.float64]:
    """Return `T_world_sensor` of each view, shaped (views, 4, 4).

    `pelvis_path` is shaped (frames, 3), world frame. The sensor stands `distance` metres from the
    path's middle, `height` metres above the `floor`. View 0 is where `heading`, a unit vector
    shaped (2,), points; the others follow counter-clockwise, evenly round.
    """
    middle = (pelvis_path.min(axis=0) + pelvis_path.max(axis=0)) / 2
    sines, cosines = sines_and_cosines(2 * np.pi * np.arange(views) / views)
    x, y = heading
    ahead = -np.stack([x * cosines - y * sines, x * sines + y * cosines], axis=1)
    placed = np.zeros((views, 4, 4))
    placed[:, :2, 0] = ahead
    placed[:, :2, 1] = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    placed[:, :2, 3] = middle[:2] - distance * ahead
    placed[:, 2, 3] = floor + height
    placed[:, 2, 2] = placed[:, 3, 3] = 1
    return placed


def invert_rigid(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse of rotations with translations, shaped (..., 4, 4)."""
    inverse = np.zeros_like(transform)
    inverse[..., :3, :3] = np.swapaxes(transform[..., :3, :3], -1, -2)
    inverse[..., :3, 3] = -turn(inverse[..., :3, :3], transform[..., :3, 3])
    inverse[..., 3, 3] = 1
    return inverse


def turn(rotation: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points, shaped (..., 3), turned by rotation matrices, shaped (..., 3, 3).

    An explicit sum: a product of BLAS has other last bits on other processors.
    """
    x, y, z = (rotation[..., axis] * points[..., axis, None] for axis in range(3))
    return np.asarray(x + y + z)
