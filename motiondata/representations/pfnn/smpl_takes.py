"""Takes of any motion of SMPL's joints: feet give the phase, speed and posture the gaits."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_joints
from motiondata.representations.pfnn.footfalls import cycles_of_phase
from motiondata.representations.pfnn.smpl_joints import smpl_to_pfnn_places, smpl_to_pfnn_rotations
from motiondata.representations.pfnn.take import Soles, Take, Terrain, label_take
from motiondata.representations.sixd import rotate
from motiondata.skeletons import JOINT

Floats = NDArray[np.float64]

WORLD_TO_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Turns AMASS's world, z up, to y up: (x, z, -y)."""


def pose_take(
    shaped: ShapedBody, pose: Floats, trans: Floats, terrain: Terrain | None = None
) -> Take:
    """Return the take of a body that is posed by `pose` (frames, 22, 3) and `trans` (frames, 3).

    Both are in AMASS's conventions, world frame, z up, at 60 Hz. `terrain` is in the frame with y
    up, (x, z, -y); None for a flat floor.
    """
    joints = rotate(WORLD_TO_Y_UP, smpl_to_pfnn_places(pose_joints(shaped, pose, trans)))
    rotations = smpl_to_pfnn_rotations(pose, WORLD_TO_Y_UP)
    return label_take(joints, rotations, _height(shaped, "head"), soles_of(shaped), terrain)


def soles_of(shaped: ShapedBody) -> Soles:
    """Return how high the joints of the feet of a body are, when it stands."""
    heel, toe = (
        (_height(shaped, f"left_{name}") + _height(shaped, f"right_{name}")) / 2
        for name in ("ankle", "foot")
    )
    return Soles(heel, toe)


def with_labels(take: Take, phase: Floats, gait: Floats) -> Take:
    """Return a take with a given phase (frames,) and given gaits (frames, 6).

    Cycles are those of the phase.
    """
    return replace(take, phase=phase, gait=gait, cycles=cycles_of_phase(phase))


def _height(shaped: ShapedBody, joint: str) -> float:
    """Return the height of a joint above the soles in the rest pose, meters."""
    return float(shaped.joints[JOINT[joint], 1] - shaped.vertices[:, 1].min())
