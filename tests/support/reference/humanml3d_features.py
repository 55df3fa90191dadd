"""The reference of HumanML3D's features: the notebook's steps, joint by joint, with its faults.

Quaternions are rows (w, x, y, z) in single precision, as the notebook's are. Only the libraries
differ: NumPy and SciPy here, PyTorch and SciPy there.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from motiondata.representations.skeleton import FeatureSkeleton

Array = NDArray[Any]
UP = np.array([0.0, 1.0, 0.0])
FRONT = np.array([0.0, 0.0, 1.0])


def features(joints: Array, skeleton: FeatureSkeleton, lengths: Array) -> NDArray[np.float32]:
    """Return features (frames - 1, columns) of joints (frames, joints, 3)."""
    positions = on_skeleton(joints.astype(np.float32), skeleton, lengths)
    positions[..., 1] -= positions[..., 1].min()
    positions = positions - positions[0, 0] * [1, 0, 1]
    right_hip, left_hip = skeleton.hips
    forward = forward_of(positions[:1], skeleton, right_hip, left_hip)
    positions = rotate(between(unit(forward), FRONT), positions.reshape(-1, 3))
    positions = positions.reshape(joints.shape)
    rotations = inverse_kinematics(positions, skeleton, smooth=True)
    root, count = rotations[:, 0], len(joints) - 1
    moved = positions[1:] - positions[:-1]
    root_velocity = rotate(root[1:], moved[:, 0])
    local = positions - positions[:, :1] * [1, 0, 1]
    feet: Array = moved[:, list(skeleton.feet)]
    every = np.repeat(root, skeleton.joints, axis=0)
    local = rotate(every, local.reshape(-1, 3)).reshape(joints.shape)
    velocity = rotate(every[: -skeleton.joints], moved.reshape(-1, 3))
    columns = [
        np.arcsin(multiply(root[1:], inverse(root[:-1]))[:, 2:3]),
        root_velocity[:, [0, 2]],
        positions[:-1, 0, 1:2],
        local[:-1, 1:],
        sixd(rotations)[:-1, 1:],
        velocity,
        np.sum(feet * feet, axis=-1) < skeleton.contact,
    ]
    return np.concatenate([c.reshape(count, -1) for c in columns], axis=1).astype(np.float32)


def on_skeleton(joints: Array, skeleton: FeatureSkeleton, lengths: Array) -> Array:
    """Return joints with other bone lengths, and the path of the root scaled by the legs."""
    first, second = skeleton.leg
    parents = {joint: parent for parent, joint in skeleton.bones}
    source = sum(np.linalg.norm(joints[0, j] - joints[0, parents[j]]) for j in (first, second))
    rotations = inverse_kinematics(joints, skeleton, smooth=False)
    posed = np.zeros(joints.shape)
    posed[:, 0] = joints[:, 0] * np.float32((lengths[first - 1] + lengths[second - 1]) / source)
    for chain in skeleton.chains:
        turn = rotations[:, 0]
        for parent, joint in zip(chain[:-1], chain[1:], strict=True):  # noqa: RUF007
            turn = multiply(turn, rotations[:, joint])
            bone = skeleton.rest[:, joint - 1, 0] * lengths[joint - 1]
            posed[:, joint] = posed[:, parent] + rotate(turn, bone)
    return posed


def inverse_kinematics(joints: Array, skeleton: FeatureSkeleton, smooth: bool) -> Array:
    """Return the root's turn to the front, and each bone's turn from rest after the one before."""
    right_hip, left_hip = skeleton.hips
    forward = forward_of(joints, skeleton, left_hip, right_hip)  # the fault: they are exchanged
    if smooth:
        forward = gaussian_filter1d(forward, 20, axis=0, mode="nearest")
    rotations = np.zeros((*joints.shape[:2], 4), np.float32)
    rotations[:, 0] = between(unit(forward), FRONT)
    rotations[0, 0] = [1, 0, 0, 0]
    for chain in skeleton.chains:
        turn = rotations[:, 0]
        for parent, joint in zip(chain[:-1], chain[1:], strict=True):  # noqa: RUF007
            bone = unit(joints[:, joint] - joints[:, parent])
            rotations[:, joint] = multiply(
                inverse(turn), between(skeleton.rest[:, joint - 1, 0], bone)
            )
            turn = multiply(turn, rotations[:, joint])
    return rotations


def forward_of(joints: Array, skeleton: FeatureSkeleton, hip: int, other_hip: int) -> Array:
    """Return horizontal vectors at right angles to the hips and the shoulders."""
    shoulder, other_shoulder = skeleton.shoulders
    hips = joints[:, hip] - joints[:, other_hip]
    return np.cross(UP, unit(hips + joints[:, shoulder] - joints[:, other_shoulder]))


def unit(vectors: Array) -> Array:
    unit_vectors: Array = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit_vectors


def between(start: Array, end: Array) -> Array:
    """Return the quaternions of the least turn from unit vectors to others."""
    start, end = np.broadcast_arrays(start.astype(np.float32), end.astype(np.float32))
    real = np.linalg.norm(start, axis=-1) * np.linalg.norm(end, axis=-1) + np.sum(start * end, -1)
    return unit(np.concatenate([real[..., None], np.cross(start, end)], axis=-1))


def multiply(q: Array, r: Array) -> Array:
    a, u, b, v = q[..., :1], q[..., 1:], r[..., :1], r[..., 1:]
    real = a * b - np.sum(u * v, axis=-1, keepdims=True)
    return np.concatenate([real, a * v + b * u + np.cross(u, v)], axis=-1)


def inverse(q: Array) -> Array:
    return q * np.array([1, -1, -1, -1], np.float32)


def rotate(q: Array, vectors: Array) -> Array:
    vectors = vectors.astype(np.float32)
    over = np.cross(q[..., 1:], vectors)
    turned: Array = vectors + 2 * (q[..., :1] * over + np.cross(q[..., 1:], over))
    return turned


def sixd(q: Array) -> Array:
    """Return the first two columns of the rotation matrices."""
    columns = [rotate(q, np.eye(3, dtype=np.float32)[axis]) for axis in (0, 1)]
    return np.concatenate(columns, axis=-1)
