"""The reference of HumanML3D's features: the notebook's steps, joint by joint, with its faults.

Quaternions are rows (w, x, y, z) in single precision, as the notebook's are. Every operation is
rounded as by the notebook's PyTorch: its cross products and norms are compiled to fused operations,
and its square root rounds ties toward 1.
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
    source = sum(norm(joints[0, j] - joints[0, parents[j]]) for j in (first, second))
    lengths = lengths.astype(np.float32)
    rotations = inverse_kinematics(joints, skeleton, smooth=False)
    posed = np.zeros(joints.shape)
    posed[:, 0] = joints[:, 0] * ((lengths[first - 1] + lengths[second - 1]) / source)
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
    shoulders = joints[:, shoulder] - joints[:, other_shoulder]
    return np.cross(UP, unit(hips + shoulders))


def unit(vectors: Array) -> Array:
    unit_vectors: Array = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit_vectors


def norm(vector: Array) -> Array:
    """Return the length of a vector; a product is rounded after it is added."""
    total = np.float32(0)
    for part in vector.astype(np.float64):
        total = np.float32(part * part + total)
    length: Array = np.sqrt(total)
    return length


def between(start: Array, end: Array) -> Array:
    """Return the quaternions of the least turn from unit vectors to others."""
    start, end = np.broadcast_arrays(start.astype(np.float32), end.astype(np.float32))
    real = root(dot(start, start) * dot(end, end)) + dot(start, end)
    return unit(np.concatenate([real[..., None], cross(start, end)], axis=-1))


def root(squares: Array) -> Array:
    """Return the square roots of values near 1: where the root lies between two, that nearer 1."""
    steps = np.round((squares.astype(np.float64) - 1) * 2**24)
    nearer = np.where(steps < 0, -(-steps // 2), steps // 4 * 2)
    roots: Array = (1 + nearer / 2**24).astype(np.float32)
    return roots


def dot(a: Array, b: Array) -> Array:
    total: Array = a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    return total


def cross(a: Array, b: Array) -> Array:
    """Return cross products; of each difference, only the second product is rounded."""
    parts = []
    for i, j in ((1, 2), (2, 0), (0, 1)):
        rounded = a[..., j] * b[..., i]
        parts.append(a[..., i].astype(np.float64) * b[..., j] - rounded)
    return np.stack(parts, axis=-1).astype(np.float32)


def multiply(q: Array, r: Array) -> Array:
    """Return the products of quaternions, by the table of products of their parts."""
    t = r[..., :, None].astype(np.float32) * q[..., None, :].astype(np.float32)
    return np.stack(
        [
            t[..., 0, 0] - t[..., 1, 1] - t[..., 2, 2] - t[..., 3, 3],
            t[..., 0, 1] + t[..., 1, 0] - t[..., 2, 3] + t[..., 3, 2],
            t[..., 0, 2] + t[..., 1, 3] + t[..., 2, 0] - t[..., 3, 1],
            t[..., 0, 3] - t[..., 1, 2] + t[..., 2, 1] + t[..., 3, 0],
        ],
        axis=-1,
    )


def inverse(q: Array) -> Array:
    return q * np.array([1, -1, -1, -1], np.float32)


def rotate(q: Array, vectors: Array) -> Array:
    vectors = vectors.astype(np.float32)
    q, vectors = np.broadcast_arrays(q[..., :4], vectors[..., [0, 1, 2, 2]])
    vectors = vectors[..., :3]
    over = cross(q[..., 1:], vectors)
    turned: Array = vectors + 2 * (q[..., :1] * over + cross(q[..., 1:], over))
    return turned


def sixd(q: Array) -> Array:
    """Return the first two columns of the rotation matrices."""
    w, x, y, z = np.moveaxis(q, -1, 0)
    scale = 2 / (w * w + x * x + y * y + z * z)
    first = [1 - scale * (y * y + z * z), scale * (x * y + z * w), scale * (x * z - y * w)]
    second = [scale * (x * y - z * w), 1 - scale * (x * x + z * z), scale * (y * z + x * w)]
    return np.stack([*first, *second], axis=-1)
