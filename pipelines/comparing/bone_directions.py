"""The directions of a person's bones as the person sees them, which size and place do not change.

A frame is described by the 21 directions from each joint to the next, in a frame whose axes are
forward, left and up. Forward is horizontal, across the line of hips and shoulders together, so that
two people who face different ways are alike.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.skeletons import JOINT, JOINT_NAMES, JOINTS, PARENTS

Floats = NDArray[np.float64]

BONES = JOINT_NAMES[1:]
"""Each bone has the name of the joint that it ends in."""
ACROSS = (("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"))
LEAST_METERS = 1e-6
"""A shorter bone has no direction."""


def bone_directions(joints: Floats, name: str) -> Floats:
    """Return unit vectors shaped (frames, 21, 3): forward, left, up.

    `joints`, shaped (frames, at least 22, 3), begin with SMPL's 22 joints, in meters, z up. Raises
    `InputError` for a bone without a length, and for joints that are not finite.
    """
    joints = joints[:, :JOINTS]
    bones = joints[:, 1:] - joints[:, PARENTS[1:]]
    lengths = np.linalg.norm(bones, axis=-1, keepdims=True)
    if not (lengths > LEAST_METERS).all():  # also where a length is NaN
        frame, bone, _ = np.argwhere(~(lengths > LEAST_METERS))[0]
        raise InputError(
            f"{name}: expected bones with a length, found none to {BONES[bone]} in frame {frame}"
        )
    directions: Floats = np.einsum("fij,fbj->fbi", _own_axes(joints), bones / lengths)
    return directions


def _own_axes(joints: Floats) -> Floats:
    """Return the axes of a person, forward, left and up, as rows, shaped (frames, 3, 3)."""
    across = [joints[:, JOINT[one]] - joints[:, JOINT[other]] for one, other in ACROSS]
    left = np.sum(across, axis=0) * (1, 1, 0)
    lengths = np.linalg.norm(left, axis=-1, keepdims=True)
    # Where somebody lies on one side, there is no heading: the world's axes are taken.
    left = np.where(lengths > LEAST_METERS, left / np.maximum(lengths, LEAST_METERS), (0, 1, 0))
    up = np.broadcast_to((0.0, 0.0, 1.0), left.shape)
    return np.stack([np.cross(left, up), left, up], axis=1)


def angles_between(first: Floats, second: Floats) -> Floats:
    """Return angles in degrees between unit vectors shaped (..., 3)."""
    # Not the arc cosine of the product: it loses half of the digits of small angles.
    apart, along = np.linalg.norm(first - second, axis=-1), np.linalg.norm(first + second, axis=-1)
    angles: Floats = np.degrees(2 * np.arctan2(apart, along))
    return angles
