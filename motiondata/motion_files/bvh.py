"""Write a motion as a BVH file: SMPL's 22 joints, centimeters, y up.

Each joint's axes are those of the body at rest (T-pose, facing +z), so its channels are its
rotation in SMPL. Source of the format: M. Meredith and S. Maddock, "Motion Capture File Formats
Explained" (2001).
"""

from collections.abc import Iterator
from io import StringIO
from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation

from motiondata.motion_files.body_motion import T_YUP_WORLD, BodyMotion, Floats
from motiondata.rotations import rotvec_to_rotmat
from motiondata.skeletons import JOINT_NAMES, JOINTS, PARENTS

CENTIMETERS = 100.0
"""Units per meter. Most BVH files are in centimeters."""
ORDER: Literal["ZYX"] = "ZYX"
"""The axes of a joint's channels. The rotation is Rz Ry Rx; column vectors, degrees."""
ROTATIONS = " ".join(f"{axis}rotation" for axis in ORDER)
CHANNELS = (f"CHANNELS 6 Xposition Yposition Zposition {ROTATIONS}", f"CHANNELS 3 {ROTATIONS}")
"""The channels of the root, and of the other joints. The root's position is that of the joint."""
LENGTH_DIGITS, ANGLE_DIGITS = 5, 5
"""Decimals of values: 0.1 micrometers and 1e-5 degrees."""
CHILDREN = tuple(
    tuple(child for child in range(JOINTS) if PARENTS[child] == joint) for joint in range(JOINTS)
)
"""The children of each joint."""


def motion_to_bvh(motion: BodyMotion) -> bytes:
    """Return a motion as a BVH file."""
    joints = motion.shaped.joints[:JOINTS]
    text = StringIO()
    text.write("HIERARCHY\n")
    for line in _joint_lines(0, np.zeros(3), joints, _tips(motion), 0):
        text.write(f"{line}\n")
    text.write(f"MOTION\nFrames: {motion.frames}\nFrame Time: {1 / motion.recording.fps:.9f}\n")
    np.savetxt(text, _values(motion), fmt=_formats(), delimiter=" ")
    return text.getvalue().encode("ascii")


def _joint_lines(
    joint: int, offset: Floats, joints: Floats, tips: Floats, depth: int
) -> Iterator[str]:
    """Yield the lines of a joint and all joints below it."""
    indent = "\t" * depth
    yield f"{indent}{'JOINT' if depth else 'ROOT'} {JOINT_NAMES[joint]}"
    yield f"{indent}{{"
    yield f"{indent}\tOFFSET {_vector(offset)}"
    yield f"{indent}\t{CHANNELS[min(depth, 1)]}"
    for child in CHILDREN[joint]:
        yield from _joint_lines(child, joints[child] - joints[joint], joints, tips, depth + 1)
    if not CHILDREN[joint]:
        yield f"{indent}\tEnd Site"
        yield f"{indent}\t{{"
        yield f"{indent}\t\tOFFSET {_vector(tips[joint] - joints[joint])}"
        yield f"{indent}\t}}"
    yield f"{indent}}}"


def _vector(offset: Floats) -> str:
    return " ".join(f"{CENTIMETERS * value:.{LENGTH_DIGITS}f}" for value in offset)


def _tips(motion: BodyMotion) -> Floats:
    """Return the middle of the surface that each joint moves, shaped (22, 3), at rest."""
    weights = motion.shaped.body.driven_weights
    shares = weights / np.maximum(weights.sum(axis=0), 1e-9)
    tips: Floats = shares.T @ motion.shaped.vertices
    return tips


def _values(motion: BodyMotion) -> Floats:
    """Return the channels in the order of the hierarchy, shaped (frames, 6 + 21 x 3)."""
    angles = angles_of(rotvec_to_rotmat(motion.y_up_pose()))
    position = CENTIMETERS * motion.joints(T_YUP_WORLD)[:, 0]
    ordered = angles[:, list(_depth_first(0))].reshape(motion.frames, 3 * JOINTS)
    return np.hstack([position, ordered])


def angles_of(rotations: Floats) -> Floats:
    """Return the angles about z, y and x of rotations, (frames, joints, 3), degrees, continuous.

    `rotations` are shaped (frames, joints, 3, 3). Of the two triples of angles of a rotation, the
    one nearer to the previous frame's is taken.
    """
    frames, joints = rotations.shape[:2]
    one = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_euler(ORDER, suppress_warnings=True)
    one = np.degrees(one.reshape(frames, joints, 3))
    other = one * [1, -1, 1] + 180.0
    for frame in range(1, frames):
        before = one[frame - 1]
        near, far = _near(one[frame], before), _near(other[frame], before)
        is_far = np.abs(near - before).sum(axis=-1) > np.abs(far - before).sum(axis=-1)
        one[frame] = np.where(is_far[:, None], far, near)
    return one


def _near(angles: Floats, before: Floats) -> Floats:
    """Add full turns to angles, so that they are within half a turn of those before."""
    turns: Floats = np.round((angles - before) / 360.0)
    return angles - 360.0 * turns


def _depth_first(joint: int) -> Iterator[int]:
    yield joint
    for child in CHILDREN[joint]:
        yield from _depth_first(child)


def _formats() -> list[str]:
    return [f"%.{LENGTH_DIGITS}f"] * 3 + [f"%.{ANGLE_DIGITS}f"] * (3 * JOINTS)
