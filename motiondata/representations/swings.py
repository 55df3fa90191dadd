"""Rotations of bones in HumanML3D's features, and the joints of a skeleton that has them.

A bone is swung from its direction at rest by the least angle, without twist, so these are not the
rotations of SMPL. Source: `common/skeleton.py` of EricGuo5513/HumanML3D.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import DropReason, RecordingError
from motiondata.representations.kernels import bone_rotations_into, pose_into
from motiondata.representations.planes import lengths_of
from motiondata.representations.quaternions import Singles, Yaw
from motiondata.representations.skeleton import FeatureSkeleton


def bone_rotations(planes: Singles, root: Yaw, skeleton: FeatureSkeleton) -> Singles:
    """Return the rotations of the bones of joints shaped (3, joints, frames).

    The result is shaped (4, joints - 1, frames). Each rotation is relative to the one before it in
    its chain, and the first one of a chain to `root`. No bone may have length 0.
    """
    rotations = np.empty((4, skeleton.joints - 1, planes.shape[-1]), np.float32)
    world = np.empty_like(rotations)
    bone_rotations_into(
        planes, np.stack(root), skeleton.bone_table, skeleton.rest[..., 0], rotations, world
    )
    return rotations


def pose_skeleton(
    roots: NDArray[Any], rotations: Singles, root: Yaw, lengths: Singles, skeleton: FeatureSkeleton
) -> NDArray[np.float64]:
    """Return joints shaped (3, joints, frames) from the results of `bone_rotations`.

    `roots` are the positions of the root, shaped (3, frames), `lengths` those of the bones, shaped
    (joints - 1,).
    """
    joints = np.empty((3, skeleton.joints, roots.shape[-1]))
    joints[:, 0] = roots
    offsets = skeleton.rest[..., 0] * lengths
    world = np.empty_like(rotations)
    pose_into(np.stack(root), skeleton.bone_table, offsets, rotations, world, joints)
    return joints


def expect_bones(planes: Singles, skeleton: FeatureSkeleton) -> None:
    """Raise `RecordingError` (INVALID) if a bone has no length in a frame."""
    lengths = lengths_of(planes[:, 1:] - planes[:, skeleton.parents])
    if not lengths.all():
        bone, frame = np.argwhere(lengths == 0)[0]
        raise RecordingError(
            DropReason.INVALID,
            f"the bone that ends at joint {bone + 1} has no length in frame {frame}; expected "
            "joints at different positions",
        )
