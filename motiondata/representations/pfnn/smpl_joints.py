"""The network's 31 joints of SMPL's 22, and back."""

import numpy as np
from numpy.typing import NDArray

from motiondata.representations.pfnn.skeleton import NUMBER, PFNN_JOINTS
from motiondata.representations.sixd import multiply
from motiondata.rotations import rotvec_to_rotmat
from motiondata.skeletons import JOINT, PARENTS

Floats = NDArray[np.float64]

FINGERS = 0.2
"""Distance from wrist to fingers, as a fraction of the forearm; 4.0 of 19.7 cm in PFNN's data."""

_PLACES = [JOINT[joint.place] for joint in PFNN_JOINTS]
_TURNS = [JOINT[joint.turn] for joint in PFNN_JOINTS]


def smpl_to_pfnn_places(joints: Floats) -> Floats:
    """Return the places of the 31 joints of SMPL's 22, shaped (frames, 22, 3), in their frame."""
    places = joints[:, _PLACES]
    for side in ("Left", "Right"):
        wrist, elbow = (joints[:, JOINT[f"{side.lower()}_{name}"]] for name in ("wrist", "elbow"))
        places[:, NUMBER[f"{side}HandIndex1"]] = wrist + FINGERS * (wrist - elbow)
    return places


def smpl_to_pfnn_rotations(pose: Floats, world: Floats) -> Floats:
    """Return the world rotations of the 31 joints, shaped (frames, 31, 3, 3).

    `pose` are SMPL's local rotations, axis-angle (frames, 22, 3), radians; `world`, shaped (3, 3),
    turns their world. They are the identity in SMPL's rest pose, not in that of CMU's skeleton.
    """
    local = rotvec_to_rotmat(pose)
    turned = np.empty_like(local)
    for joint, parent in enumerate(PARENTS):
        turned[:, joint] = multiply(world if parent < 0 else turned[:, parent], local[:, joint])
    return turned[:, _TURNS]


def pfnn_to_smpl_places(joints: Floats) -> Floats:
    """Return SMPL's 22 joints of the 31, shaped (frames, 31, 3), in their frame.

    SMPL's `spine2` is in the middle of its neighbors, and a collar between chest and shoulder.
    """
    places = np.empty((len(joints), len(PARENTS), 3))
    for number, joint in reversed([*enumerate(PFNN_JOINTS)]):
        places[:, JOINT[joint.place]] = joints[:, number]
    places[:, JOINT["spine2"]] = (places[:, JOINT["spine1"]] + places[:, JOINT["spine3"]]) / 2
    for side in ("left", "right"):
        shoulder = places[:, JOINT[f"{side}_shoulder"]]
        places[:, JOINT[f"{side}_collar"]] = (places[:, JOINT["spine3"]] + shoulder) / 2
    return places
