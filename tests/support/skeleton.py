"""A made skeleton and plain forward kinematics, to pose joints in tests without a body.

Rest joints stand in SMPL's rest frame: y up, left is +x, facing +z, a T-pose, symmetric, the pelvis
at the origin. Lengths are round figures of a person of about 1.7 m.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.recording import Recording
from motiondata.skeletons import JOINT, JOINT_NAMES, JOINTS, LEFT_JOINTS, PARENTS, RIGHT_JOINTS

_CENTER_AND_LEFT = {
    "pelvis": (0.0, 0.0, 0.0),
    "left_hip": (0.09, -0.09, 0.0),
    "left_knee": (0.10, -0.47, 0.0),
    "left_ankle": (0.10, -0.87, -0.03),
    "left_foot": (0.11, -0.92, 0.09),
    "spine1": (0.0, 0.11, -0.02),
    "spine2": (0.0, 0.24, 0.0),
    "spine3": (0.0, 0.30, 0.01),
    "neck": (0.0, 0.51, -0.02),
    "head": (0.0, 0.60, 0.03),
    "left_collar": (0.07, 0.42, 0.0),
    "left_shoulder": (0.18, 0.45, -0.01),
    "left_elbow": (0.43, 0.44, -0.03),
    "left_wrist": (0.68, 0.45, -0.03),
}

STANDING_HEIGHT = 0.94
"""The pelvis's height when the toes are 2 cm above the floor."""
Y_TO_Z_UP = (np.pi / 2, 0.0, 0.0)
"""The root's rotation vector that stands the resting skeleton up along z."""


def rest_joints() -> NDArray[np.float64]:
    """Return the joints at rest, shaped (22, 3), meters, y up."""
    joints = np.zeros((JOINTS, 3))
    for name, place in _CENTER_AND_LEFT.items():
        joints[JOINT[name]] = place
    joints[list(RIGHT_JOINTS)] = joints[list(LEFT_JOINTS)] * (-1.0, 1.0, 1.0)
    return joints


def posed_joints(pose: NDArray[np.float64], trans: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return joints shaped (frames, 22, 3), posed joint by joint down the hierarchy."""
    rest = rest_joints()
    joints = np.zeros_like(pose)
    turns: list[Rotation] = []
    for joint, parent in enumerate(PARENTS):
        turn = Rotation.from_rotvec(pose[:, joint])
        if parent < 0:
            turns.append(turn)
            joints[:, joint] = rest[joint] + trans
        else:
            turns.append(turns[parent] * turn)
            joints[:, joint] = joints[:, parent] + turns[parent].apply(rest[joint] - rest[parent])
    return joints


def recording_of(pose: NDArray[np.float64], trans: NDArray[np.float64]) -> Recording:
    """Return a recording of a pose, 100 fps, with a body of no particular shape."""
    return Recording(pose, trans, 100.0, "neutral", np.zeros(10), "Made/subject/motion_poses.npz")


def standing_pose(frames: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return pose and trans of a person who stands still in a T-pose, z up, feet on the floor."""
    pose = np.zeros((frames, len(JOINT_NAMES), 3))
    pose[:, 0] = Y_TO_Z_UP
    return pose, np.tile((0.0, 0.0, STANDING_HEIGHT), (frames, 1))


def moving_pose(frames: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return pose and trans of a person who moves all limbs smoothly while standing upright."""
    random = np.random.default_rng(seed)
    pose, trans = standing_pose(frames)
    phase = np.linspace(0.0, 2 * np.pi, frames)[:, None, None]
    amplitude = random.uniform(0.1, 0.5, (1, JOINTS - 1, 3))
    start = random.uniform(0.0, 2 * np.pi, (1, JOINTS - 1, 3))
    pose[:, 1:] = amplitude * np.sin(random.integers(1, 4, (1, JOINTS - 1, 3)) * phase + start)
    return pose, trans
