"""Small functions of rotations and directions that solving a rest pose needs."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Floats = NDArray[np.float64]


def angle_deg(first: Floats, second: Floats) -> float:
    """Return the angle between two vectors, shaped (3,), degrees."""
    across = np.linalg.norm(np.cross(first, second))
    return float(np.degrees(np.arctan2(across, first @ second)))


def turn_deg(rotation: Floats) -> float:
    """Return the angle of a rotation, shaped (3, 3), degrees."""
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))


def swing(start: Floats, end: Floats) -> Floats:
    """Return the smallest rotations that take `start` to `end`, shaped (..., 3, 3).

    Both are shaped (..., 3). Opposite directions are turned about an axis across them.
    """
    start = start / np.linalg.norm(start, axis=-1, keepdims=True)
    end = end / np.linalg.norm(end, axis=-1, keepdims=True)
    cosine = np.sum(start * end, axis=-1, keepdims=True)
    axis = np.cross(start, end)
    opposite = cosine < -1 + 1e-9
    other = np.cross(start, np.eye(3)[np.argmin(np.abs(start), axis=-1)])
    quaternion = np.concatenate(
        [np.where(opposite, other, axis), np.where(opposite, 0.0, 1 + cosine)], axis=-1
    )
    return np.asarray(Rotation.from_quat(quaternion).as_matrix())


def mean_rotation(rotations: Floats) -> Floats:
    """Return the rotation nearest to the mean of matrices, shaped (frames, 3, 3).

    It has the least sum of squared chordal distances (Hartley et al. 2013).
    """
    u, _, vt = np.linalg.svd(rotations.mean(axis=0))
    sign = np.diag([1.0, 1.0, np.linalg.det(u @ vt)])
    return np.asarray(u @ sign @ vt)


def between(first: Floats, second: Floats, part: float) -> Floats:
    """Return the rotations at a part of the way from `first` to `second`, (frames, 3, 3)."""
    start = Rotation.from_matrix(first)
    way = (start.inv() * Rotation.from_matrix(second)).as_rotvec()
    return np.asarray((start * Rotation.from_rotvec(part * way)).as_matrix())


def twist_about(axis: Floats, rotations: Floats) -> Floats:
    """Return the twist of rotations about an axis (3,), shaped (frames,), radians.

    The twist is continuous over the frames, and near zero in the median.
    """
    axis = axis / np.linalg.norm(axis)
    quaternions = Rotation.from_matrix(rotations).as_quat()
    twist = np.unwrap(2 * np.arctan2(quaternions[:, :3] @ axis, quaternions[:, 3]))
    turns = np.round(np.median(twist) / (2 * np.pi))
    return np.asarray(twist - 2 * np.pi * turns)
