"""Forward kinematics: compute joint positions and skinning transforms from a clip's rotations.

The compiled code works in double precision, joint by joint and frame by frame, so that a frame's
bits do not depend on the other frames. The values for skinning are relative to the root and are
rounded once, at the end. Sources: Loper et al. 2015 for the model; Rodrigues' formula for rotation
matrices.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import inlined, kernel, step
from motiondata.skeletons import JOINTS, PARENTS
from motiondata.trigonometry import sine

Array = NDArray[np.float64]

_PARENTS = np.array(PARENTS)


class JointFrames(NamedTuple):
    """The posed joints of consecutive frames, and the input of skinning; target frame, meters."""

    joints: Array
    """The joint positions, shaped (frames, 22, 3)."""
    features: NDArray[np.float32]
    """The coefficients of the pose blend shapes: the rotation matrices of all joints except the
    root, minus the identity, shaped (frames, 189)."""
    transforms: NDArray[np.float32]
    """From the rest pose to the posed one, relative to the root, shaped (frames, 22, 3, 4)."""
    roots: NDArray[np.float32]
    """The root positions, shaped (frames, 3)."""


def forward_kinematics(
    rest: Array, pose: Array, trans: Array, T_target_world: Array
) -> JointFrames:
    """Pose the joints of a body.

    `rest` has the joints at rest, shaped (joints, 3), meters. `pose` has axis-angle rotations,
    shaped (frames, 22, 3), radians. `trans` is shaped (frames, 3), world frame, meters.
    `T_target_world` is shaped (4, 4), or (frames, 4, 4) for a target frame that moves.
    """
    frames = len(trans)
    chain = JointFrames(
        joints=np.empty((frames, JOINTS, 3)),
        features=np.empty((frames, 9 * (JOINTS - 1)), np.float32),
        transforms=np.empty((frames, JOINTS, 3, 4), np.float32),
        roots=np.empty((frames, 3), np.float32),
    )
    targets = _of_frames(T_target_world, frames)
    _pose_frames(_plain(rest), _plain(pose), _plain(trans), targets, tuple(chain))
    return chain


def joint_positions(rest: Array, pose: Array, trans: Array, T_target_world: Array) -> Array:
    """Return only the joints of `forward_kinematics`, with the same bits, in half of the time."""
    joints = np.empty((len(trans), JOINTS, 3))
    targets = _of_frames(T_target_world, len(trans))
    _place_frames(_plain(rest), _plain(pose), _plain(trans), targets, joints)
    return joints


def _of_frames(transform: Array, frames: int) -> Array:
    return _plain(np.broadcast_to(transform, (frames, 4, 4)))


def _plain(array: Array) -> Array:
    return np.require(array, np.float64, ["C", "W"])


@kernel
def _pose_frames(
    rest: Array,
    pose: Array,
    trans: Array,
    T_target_world: Array,
    chain_fields: tuple[NDArray[Any], ...],
) -> None:
    chain = JointFrames(*chain_fields)
    turns, turned = np.empty((JOINTS, 3, 3)), np.empty((JOINTS, 3, 3))
    for frame in range(len(pose)):
        places = chain.joints[frame]
        target = T_target_world[frame]
        _place_joints(rest, pose[frame], trans[frame], target, turns, turned, places)
        _take_features(turns, chain.features[frame])
        _take_transforms(rest, turned, places, chain.transforms[frame], chain.roots[frame])


@kernel
def _place_frames(
    rest: Array, pose: Array, trans: Array, T_target_world: Array, joints: Array
) -> None:
    turns, turned = np.empty((JOINTS, 3, 3)), np.empty((JOINTS, 3, 3))
    for frame in range(len(pose)):
        target = T_target_world[frame]
        _place_joints(rest, pose[frame], trans[frame], target, turns, turned, joints[frame])


@inlined
def _place_joints(
    rest: Array,
    pose: Array,
    trans: Array,
    T_target_world: Array,
    turns: Array,
    turned: Array,
    places: Array,
) -> None:
    """Write the rotations of a frame's joints, to their parents and to the world, and places."""
    for joint in range(JOINTS):
        _rotvec_to_rotmat(pose[joint], turns[joint])
    _pose_root(rest[0], trans, T_target_world, turns[0], turned[0], places[0])
    for joint in range(1, JOINTS):
        parent = _PARENTS[joint]
        _multiply(turned[parent], turns[joint], turned[joint])
        for axis in range(3):
            places[joint, axis] = places[parent, axis]
            for other in range(3):
                bone = rest[joint, other] - rest[parent, other]
                places[joint, axis] += turned[parent, axis, other] * bone


@step
def _rotvec_to_rotmat(rotvec: Array, matrix: Array) -> None:
    x, y, z = rotvec
    angle = math.sqrt(x * x + y * y + z * z)
    turn = sine(angle) / angle if angle > 0 else 1.0
    half = sine(angle / 2) / (angle / 2) if angle > 0 else 1.0
    bend = 0.5 * half * half
    matrix[0, 0], matrix[0, 1] = 1 - bend * (y * y + z * z), bend * x * y - turn * z
    matrix[0, 2], matrix[1, 0] = bend * x * z + turn * y, bend * x * y + turn * z
    matrix[1, 1], matrix[1, 2] = 1 - bend * (x * x + z * z), bend * y * z - turn * x
    matrix[2, 0], matrix[2, 1] = bend * x * z - turn * y, bend * y * z + turn * x
    matrix[2, 2] = 1 - bend * (x * x + y * y)


@step
def _pose_root(
    rest: Array, trans: Array, T_target_world: Array, turn: Array, turned: Array, place: Array
) -> None:
    _multiply(T_target_world, turn, turned)
    for axis in range(3):
        place[axis] = T_target_world[axis, 3]
        for other in range(3):
            place[axis] += T_target_world[axis, other] * (rest[other] + trans[other])


@step
def _multiply(left: Array, right: Array, product: Array) -> None:
    """Multiply the upper left 3 x 3 parts of two matrices."""
    for row in range(3):
        for column in range(3):
            product[row, column] = (
                left[row, 0] * right[0, column]
                + left[row, 1] * right[1, column]
                + left[row, 2] * right[2, column]
            )


@step
def _take_features(turns: Array, features: NDArray[np.float32]) -> None:
    for joint in range(1, JOINTS):
        for row in range(3):
            for column in range(3):
                identity = 1.0 if row == column else 0.0
                place = 9 * (joint - 1) + 3 * row + column
                features[place] = turns[joint, row, column] - identity


@step
def _take_transforms(
    rest: Array,
    turned: Array,
    places: Array,
    transforms: NDArray[np.float32],
    root: NDArray[np.float32],
) -> None:
    """Write the joints' transforms relative to the root position as rounded to single precision."""
    for axis in range(3):
        root[axis] = places[0, axis]
    for joint in range(JOINTS):
        for axis in range(3):
            shift = places[joint, axis] - np.float64(root[axis])
            for other in range(3):
                transforms[joint, axis, other] = turned[joint, axis, other]
                shift -= turned[joint, axis, other] * rest[joint, other]
            transforms[joint, axis, 3] = shift
