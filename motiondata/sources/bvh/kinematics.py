"""Forward kinematics of BVH files: the rotation and the position of each joint in the file's world.

Channels are applied in the order of the file: with channels Z, Y, X, a joint's rotation is Z times
Y times X. Position channels replace the offset of a joint. Some exporters write the difference from
the offset instead. This is decided for the file as a whole: the channels are added if those of most
joints are nearer to zero than to the offset.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.rotations import about
from motiondata.sources.bvh.hierarchy import BvhJoint
from motiondata.sources.bvh.reader import BvhMotion

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WorldJoints:
    """The joints of a file in its world, its unit, and its axes."""

    rotations: Floats
    """World rotation of each joint, shaped (joints, frames, 3, 3); the identity at rest."""
    places: Floats
    """Position of each joint, shaped (joints, frames, 3)."""


def pose_file(motion: BvhMotion) -> WorldJoints:
    """Pose every joint of a file in every frame."""
    frames, count = len(motion.values), len(motion.joints)
    rotations, places = np.empty((count, frames, 3, 3)), np.empty((count, frames, 3))
    columns = _columns(motion)
    is_added = _are_added(motion, columns)
    for number, (joint, values) in enumerate(zip(motion.joints, columns, strict=True)):
        turn = _turn(joint.channels, values)
        move = _move(joint, values, is_added=is_added and joint.parent >= 0)
        if joint.parent < 0:
            rotations[number], places[number] = turn, move
        else:
            parent = rotations[joint.parent]
            np.matmul(parent, turn, out=rotations[number])
            places[number] = places[joint.parent] + np.einsum("fij,fj->fi", parent, move)
    return WorldJoints(rotations, places)


def _columns(motion: BvhMotion) -> list[Floats]:
    """Return the values of each joint, shaped (frames, channels of the joint)."""
    ends = np.cumsum([len(joint.channels) for joint in motion.joints])
    return np.split(motion.values, ends[:-1], axis=1)


def _are_added(motion: BvhMotion, columns: list[Floats]) -> bool:
    """Return whether most position channels are differences from the offsets."""
    votes = []
    for joint, values in zip(motion.joints, columns, strict=True):
        given = _positions(joint, values)
        offset = np.array(joint.offset)
        if joint.parent >= 0 and given.shape[1] == 3 and offset.any():
            middle = np.median(given, axis=0)
            votes.append(bool(np.linalg.norm(middle) < np.linalg.norm(middle - offset)))
    return 2 * sum(votes) > len(votes)


def _positions(joint: BvhJoint, values: Floats) -> Floats:
    """Return the values of the position channels as x, y, z, or an empty array if one is absent."""
    at = [joint.channels.index(("p", axis)) for axis in "xyz" if ("p", axis) in joint.channels]
    return values[:, at] if len(at) == 3 else values[:, :0]


def rest_places(motion: BvhMotion) -> Floats:
    """Return the position of each joint where all rotations are zero, shaped (joints, 3)."""
    places = np.zeros((len(motion.joints), 3))
    for number, joint in enumerate(motion.joints):
        if joint.parent >= 0:
            places[number] = places[joint.parent] + joint.offset
    return places


def _turn(channels: tuple[tuple[str, str], ...], values: Floats) -> Floats:
    turn: Floats | None = None
    for (kind, axis), column in zip(channels, values.T, strict=True):
        if kind == "r":
            step = about(axis, np.radians(column))
            turn = step if turn is None else turn @ step
    return np.broadcast_to(np.eye(3), (len(values), 3, 3)) if turn is None else turn


def _move(joint: BvhJoint, values: Floats, *, is_added: bool) -> Floats:
    """Return the vector from the parent to a joint in each frame, shaped (frames, 3)."""
    move = np.tile(np.array(joint.offset), (len(values), 1))
    for (kind, axis), column in zip(joint.channels, values.T, strict=True):
        if kind == "p":
            at = "xyz".index(axis)
            move[:, at] = move[:, at] + column if is_added else column
    return move
