"""Sensor placement: level, in front of the subject, aimed at the middle of the subject's path.

The world frame has z up, as in AMASS. The sensor frame has x forward, y left, z up. The middle is
the center of the path's bounding box, so that a long pause does not shift it.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINT
from motiondata.trigonometry import sines_and_cosines


def first_heading(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the subject's heading in the first frame: a unit vector in the x-y plane, shaped (2,).

    `joints` is shaped (frames, 22, 3), world frame. The heading is left x up, where left is the sum
    of the vectors across the hips and across the shoulders, as in HumanML3D. If this sum has no
    horizontal part, +x is returned.
    """
    first = joints[0]
    across = first[JOINT["left_hip"]] - first[JOINT["right_hip"]]
    across = across + first[JOINT["left_shoulder"]] - first[JOINT["right_shoulder"]]
    facing = np.array([across[1], -across[0]])
    largest = np.abs(facing).max()
    if largest == 0:
        return np.array([1.0, 0.0])
    facing /= largest  # prevents underflow of the squares
    return np.asarray(facing / np.sqrt(facing[0] * facing[0] + facing[1] * facing[1]))


def place_sensor(
    pelvis_path: NDArray[np.float64],
    heading: NDArray[np.float64],
    *,
    distance: float,
    height: float,
    views: int = 1,
    floor: float = 0.0,
    azimuth: float = 0.0,
) -> NDArray[np.float64]:
    """Return `T_world_sensor` of each view, shaped (views, 4, 4).

    `pelvis_path` is shaped (frames, 3), world frame. The sensor is `distance` meters from the
    path's middle and `height` meters above the `floor`. View 0 lies in the direction of `heading`,
    a unit vector shaped (2,), or `azimuth` radians counterclockwise from it. The other views follow
    counterclockwise at equal angles.
    """
    middle = (pelvis_path.min(axis=0) + pelvis_path.max(axis=0)) / 2
    sines, cosines = sines_and_cosines(2 * np.pi * np.arange(views) / views + azimuth)
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
    """Return the inverse of rigid transforms, shaped (..., 4, 4)."""
    inverse = np.zeros_like(transform)
    inverse[..., :3, :3] = np.swapaxes(transform[..., :3, :3], -1, -2)
    inverse[..., :3, 3] = -turn(inverse[..., :3, :3], transform[..., :3, 3])
    inverse[..., 3, 3] = 1
    return inverse


def compose(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rigid transforms `outer @ inner`, shaped (..., 4, 4), with explicit sums."""
    columns = np.swapaxes(inner, -1, -2)[..., :3]
    composed = np.zeros((*np.broadcast_shapes(outer.shape, inner.shape)[:-2], 4, 4))
    turned = turn(outer[..., None, :3, :3], columns)
    composed[..., :3, :] = np.swapaxes(turned, -1, -2)
    composed[..., :3, 3] += outer[..., :3, 3]
    composed[..., 3, 3] = 1
    return composed


def turn(rotation: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotate points, shaped (..., 3), by rotation matrices, shaped (..., 3, 3).

    The sum is explicit, because the last bits of a BLAS product depend on the CPU.
    """
    x, y, z = (rotation[..., axis] * points[..., axis, None] for axis in range(3))
    return np.asarray(x + y + z)
