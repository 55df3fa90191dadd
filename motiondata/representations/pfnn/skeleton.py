"""The 31 joints of the phase-functioned network, and the joints of SMPL that stand for them.

The skeleton is CMU's. Some joints are helpers, at the same place as another joint, and have no
weight in the network's input. Source: D. Holden, T. Komura, J. Saito, "Phase-Functioned Neural
Networks for Character Control" (2017), and its data.
"""

from typing import NamedTuple

HELPER = 1e-10
"""The weight of a joint that the network does not read."""


class PfnnJoint(NamedTuple):
    """A joint of the network."""

    name: str
    parent: int
    weight: float
    place: str
    """The joint of SMPL at its place."""
    turn: str
    """The joint of SMPL that rotates with it."""


def _leg(side: str, prefix: str, first: int) -> tuple[PfnnJoint, ...]:
    smpl = side.lower()
    hip, knee, ankle, foot = (f"{smpl}_{name}" for name in ("hip", "knee", "ankle", "foot"))
    return (
        PfnnJoint(f"{prefix}HipJoint", 0, HELPER, "pelvis", "pelvis"),
        PfnnJoint(f"{side}UpLeg", first, 1.0, hip, hip),
        PfnnJoint(f"{side}Leg", first + 1, 1.0, knee, knee),
        PfnnJoint(f"{side}Foot", first + 2, 1.0, ankle, ankle),
        PfnnJoint(f"{side}ToeBase", first + 3, 1.0, foot, foot),
    )


def _arm(side: str, prefix: str, first: int) -> tuple[PfnnJoint, ...]:
    smpl = side.lower()
    collar, shoulder, elbow, wrist = (
        f"{smpl}_{name}" for name in ("collar", "shoulder", "elbow", "wrist")
    )
    return (
        PfnnJoint(f"{side}Shoulder", 13, HELPER, "spine3", collar),
        PfnnJoint(f"{side}Arm", first, 1.0, shoulder, shoulder),
        PfnnJoint(f"{side}ForeArm", first + 1, 1.0, elbow, elbow),
        PfnnJoint(f"{side}Hand", first + 2, 1.0, wrist, wrist),
        PfnnJoint(f"{side}FingerBase", first + 3, HELPER, wrist, wrist),
        PfnnJoint(f"{side}HandIndex1", first + 4, HELPER, wrist, wrist),
        PfnnJoint(f"{prefix}Thumb", first + 3, HELPER, wrist, wrist),
    )


PFNN_JOINTS = (
    PfnnJoint("Hips", -1, 1.0, "pelvis", "pelvis"),
    *_leg("Left", "L", 1),
    *_leg("Right", "R", 6),
    PfnnJoint("LowerBack", 0, HELPER, "pelvis", "pelvis"),
    PfnnJoint("Spine", 11, 1.0, "spine1", "spine2"),
    PfnnJoint("Spine1", 12, 1.0, "spine3", "spine3"),
    PfnnJoint("Neck", 13, HELPER, "spine3", "spine3"),
    PfnnJoint("Neck1", 14, 1.0, "neck", "neck"),
    PfnnJoint("Head", 15, 1.0, "head", "head"),
    *_arm("Left", "L", 17),
    *_arm("Right", "R", 24),
)
"""The joints, in the order of the network's columns; parents are numbers, -1 for none."""

NAMES = tuple(joint.name for joint in PFNN_JOINTS)
NUMBER = {name: number for number, name in enumerate(NAMES)}
COUNT = len(PFNN_JOINTS)

HEAD = NUMBER["Head"]
LEFT_FOOT = (NUMBER["LeftFoot"], NUMBER["LeftToeBase"])
RIGHT_FOOT = (NUMBER["RightFoot"], NUMBER["RightToeBase"])
"""The joints of a foot: the ankle, which the network calls the heel, and the toe."""

_SIDES = {"Left": "Right", "Right": "Left", "LH": "RH", "RH": "LH", "LT": "RT", "RT": "LT"}


def _mirror_name(name: str) -> str:
    for side, other in _SIDES.items():
        if name.startswith(side):
            return other + name.removeprefix(side)
    return name


MIRRORED = tuple(NUMBER[_mirror_name(name)] for name in NAMES)
"""The joint on the other side of each joint."""
