"""Joint positions in the frames and the sets of joints that trainers read.

Frames: AMASS's world has z up. HumanML3D's has y up: (x, y, z) becomes (-x, z, y), a rotation.
KIT-ML's is a mirror image: joints that are called left lie where the right ones of a person who
faces +z would lie.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.bodies.forward_kinematics import forward_kinematics
from motiondata.bodies.posing import ShapedBody
from motiondata.errors import InputError
from motiondata.representations.skeleton import T2M
from motiondata.skeletons import JOINT, JOINTS

Floats = NDArray[np.float64]

SMPL_JOINTS = 24
"""SMPL's joints: the 22 of every recording, then the left and the right hand."""

KIT_JOINTS = (
    ("root", "pelvis"), ("BP", "spine1"), ("BT", "spine3"), ("BLN", "neck"), ("BUN", "head"),
    ("LS", "left_shoulder"), ("LE", "left_elbow"), ("LW", "left_wrist"),
    ("RS", "right_shoulder"), ("RE", "right_elbow"), ("RW", "right_wrist"),
    ("LH", "left_hip"), ("LK", "left_knee"), ("LA", "left_ankle"), ("LMrot", ""),
    ("LF", "left_foot"),
    ("RH", "right_hip"), ("RK", "right_knee"), ("RA", "right_ankle"), ("RMrot", ""),
    ("RF", "right_foot"),
)  # fmt: skip
"""KIT-ML's names of its joints, and the joint of SMPL at the same place.

Source: `temos/data/tools` of Mathux/TEMOS, `mGPT/utils/joints.py` of OpenMotionLab/MotionGPT. They
take SMPL-X's heels for `LMrot` and `RMrot`, which 22 joints do not have. The middle between ankle
and foot is taken here, because these joints lie between the two in KIT-ML's skeleton.
"""

KIT_MILLIMETERS = 1000.0
"""Millimeters per meter."""


def amass_to_y_up(points: ArrayLike) -> Floats:
    """Turn points (..., 3) from AMASS's world, z up, to HumanML3D's frame, y up.

    Source: `raw_pose_processing.ipynb` of EricGuo5513/HumanML3D. The function is its own inverse.
    """
    x, y, z = np.moveaxis(np.asarray(points, np.float64), -1, 0)
    return np.stack([-x, z, y], axis=-1)


y_up_to_amass = amass_to_y_up


def mirror_joints(joints: ArrayLike) -> Floats:
    """Mirror 22 joints, shaped (frames, 22, 3): negate x and swap left and right."""
    swapped = finite_array(joints, "joints", ("frames", JOINTS, 3))[:, list(T2M.mirrored)]
    mirrored: Floats = swapped * np.array([-1.0, 1.0, 1.0])
    return mirrored


def smpl_to_kit(joints: ArrayLike) -> Floats:
    """Return KIT's 21 joints of SMPL's 22, shaped (frames, 21, 3); frame and unit do not change."""
    smpl = finite_array(joints, "joints", ("frames", JOINTS, 3))
    kit = np.empty((len(smpl), len(KIT_JOINTS), 3))
    for number, (_, name) in enumerate(KIT_JOINTS):
        if name:
            kit[:, number] = smpl[:, JOINT[name]]
    for middle in (number for number, (_, name) in enumerate(KIT_JOINTS) if not name):
        kit[:, middle] = 0.5 * (kit[:, middle - 1] + kit[:, middle + 1])
    return kit


def to_kit_frame(joints: ArrayLike) -> Floats:
    """Convert KIT's joints from meters, y up, to the frame and the unit of KIT-ML's features.

    x is negated, because the features call joint 11 the right hip (docs/representations.md). The
    unit is the millimeter.
    """
    scaled: Floats = np.asarray(joints, np.float64) * np.array([-1.0, 1.0, 1.0]) * KIT_MILLIMETERS
    return scaled


def from_kit_frame(joints: ArrayLike) -> Floats:
    """Return KIT's joints, which `to_kit_frame` converted, in meters, y up, left on the left."""
    scaled: Floats = np.asarray(joints, np.float64) * np.array([-1.0, 1.0, 1.0]) / KIT_MILLIMETERS
    return scaled


def pose_smpl_joints(shaped: ShapedBody, pose: ArrayLike, trans: ArrayLike) -> Floats:
    """Return SMPL's 24 joints, shaped (frames, 24, 3), of a posed body; AMASS's world, meters.

    `pose` (frames, 22, 3) and `trans` (frames, 3) are as in `pose_body`. The hands move rigidly
    with the wrists. A body with fingers has no joints of hands; the first joints of its middle
    fingers take their place. Raises `InputError` if the body has neither.
    """
    trans = finite_array(trans, "trans", ("frames", 3))
    pose = finite_array(pose, "pose", (len(trans), JOINTS, 3))
    chain = forward_kinematics(shaped.joints, pose, trans, np.eye(4))
    joints = np.empty((len(trans), SMPL_JOINTS, 3))
    joints[:, :JOINTS] = chain.joints
    for place, (wrist, hand) in enumerate(zip(("left_wrist", "right_wrist"), hands_of(shaped),
                                              strict=True)):  # fmt: skip
        transforms = chain.transforms[:, JOINT[wrist]].astype(np.float64)
        x, y, z = shaped.joints[hand]
        moved = transforms[..., 0] * x + transforms[..., 1] * y + transforms[..., 2] * z
        joints[:, JOINTS + place] = moved + transforms[..., 3] + chain.roots
    return joints


def hands_of(shaped: ShapedBody) -> tuple[int, int]:
    """Return the numbers of the joints of the left and the right hand of a body."""
    parents = shaped.body.parents
    children = [np.flatnonzero(parents == JOINT[f"{side}_wrist"]) for side in ("left", "right")]
    if not all(len(group) for group in children):
        raise InputError(
            f"{shaped.body.name}: {len(parents)} joints; expected joints of hands or fingers after "
            f"the first {JOINTS}, as SMPL, SMPL-H and SMPL-X have them"
        )
    left, right = (int(group[min(1, len(group) - 1)]) for group in children)
    return left, right
