"""From HumanML3D's features back to joints, by positions or by rotations.

Source: `recover_from_ric` and `recover_from_rot` of EricGuo5513/HumanML3D, in double precision.
Where a clip's heading crosses the direction opposite to the first one, its features have the wrong
sign (docs/representations.md), and the frames after it are turned, here as in the reference.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.representations.layout import columns_of
from motiondata.representations.sixd import multiply, rotate, sixd_to_axes
from motiondata.representations.skeleton import FeatureSkeleton
from motiondata.trigonometry import sines_and_cosines

Floats = NDArray[np.float64]


class RootPath(NamedTuple):
    """The root of every frame, y up."""

    to_front: Floats
    """Rotations that turn the person to face +z, shaped (frames, 3, 3)."""
    positions: Floats
    """Shaped (frames, 3), in the unit of the features; the first is at x = z = 0."""


def recover_root(
    vectors: ArrayLike, skeleton: FeatureSkeleton, corrected: bool = False
) -> RootPath:
    """Return the headings and the path of the root.

    `vectors` are features shaped (frames, columns); `corrected` tells that they were made so.
    Raises `InputError` for other shapes and values that are not finite.
    """
    rows = finite_array(vectors, "vectors", ("frames", skeleton.columns))
    columns = columns_of(skeleton)
    half_angles = rows[:, columns.yaw_velocity][:, 0] / (2.0 if corrected else 1.0)
    to_front = yaw_matrices(2.0 * _summed(half_angles))
    moved = np.zeros((len(rows), 3))
    moved[1:, ::2] = rows[:-1, columns.root_velocity]
    positions = np.cumsum(rotate(np.swapaxes(to_front, -1, -2), moved), axis=0)
    positions[:, 1] = rows[:, columns.root_height][:, 0]
    return RootPath(to_front, positions)


def recover_joints(
    vectors: ArrayLike, skeleton: FeatureSkeleton, corrected: bool = False
) -> NDArray[np.float32]:
    """Return the joints, shaped (frames, joints, 3), by the positions in the features, y up."""
    root = recover_root(vectors, skeleton, corrected)
    local = np.asarray(vectors, np.float64)[:, columns_of(skeleton).positions]
    local = local.reshape(len(local), -1, 3)
    joints = np.empty((len(local), skeleton.joints, 3))
    joints[:, 0] = root.positions
    joints[:, 1:] = rotate(np.swapaxes(root.to_front, -1, -2)[:, None], local)
    joints[:, 1:, ::2] += root.positions[:, None, ::2]
    return joints.astype(np.float32)


def recover_joints_by_rotations(
    vectors: ArrayLike, skeleton: FeatureSkeleton, lengths: Floats, corrected: bool = False
) -> NDArray[np.float32]:
    """Return the joints, shaped (frames, joints, 3), by the rotations in the features, y up.

    `lengths` are the bone lengths of the target skeleton, shaped (joints - 1,).
    """
    root = recover_root(vectors, skeleton, corrected)
    sixd = np.asarray(vectors, np.float64)[:, columns_of(skeleton).rotations]
    sixd = sixd.reshape(len(sixd), -1, 2, 3)
    local = np.swapaxes(sixd_to_axes(sixd[..., 0, :], sixd[..., 1, :]), -1, -2)
    rest = skeleton.rest[..., 0].T * lengths[:, None]
    joints = np.empty((len(sixd), skeleton.joints, 3))
    joints[:, 0] = root.positions
    for chain in skeleton.chains:
        world = root.to_front
        for parent, joint in pairwise(chain):
            world = multiply(world, local[:, joint - 1])
            joints[:, joint] = joints[:, parent] + rotate(world, rest[joint - 1])
    return joints.astype(np.float32)


def yaw_matrices(angles: Floats) -> Floats:
    """Return rotations about the y axis, shaped (frames, 3, 3)."""
    sines, cosines = sines_and_cosines(angles)
    matrices = np.zeros((len(angles), 3, 3))
    matrices[:, 0, 0] = matrices[:, 2, 2] = cosines
    matrices[:, 0, 2], matrices[:, 2, 0], matrices[:, 1, 1] = sines, -sines, 1.0
    return matrices


def _summed(steps: Floats) -> Floats:
    """Return the sums of the steps before each frame."""
    return np.cumsum(np.concatenate([[0.0], steps[:-1]]))
