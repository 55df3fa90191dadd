"""Poses of an arm, by the angles of a score's channels, and how an arm comes to take one.

Angles rather than places, since an arm that moves between two poses by its angles moves in arcs,
as arms do. Where a hand must be in a place, the angles are solved for that one pose.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.skeleton import JOINT
from motiondata.synthesis.figure import LEFT_SIGN, Figure
from motiondata.synthesis.limbs import reach
from motiondata.synthesis.score import Key, Score

Floats = NDArray[np.float64]
ArmPose = dict[str, float]
"""Degrees by channel, as `score.ARM_CHANNELS` defines them."""

SHOULDER_HEIGHT = "shoulder height"


def rest_pose(score: Score) -> ArmPose:
    """Return the angles of a hanging arm."""
    style = score.style
    return {"raise": style.arm_raise_deg, "elbow": style.elbow_deg}


def move_arm(score: Score, side: str, *keys: tuple[float, ArmPose]) -> None:
    """Take an arm from hanging through poses at given times; an empty pose hangs."""
    rest = rest_pose(score)
    poses = [(time, pose if pose else rest) for time, pose in keys]
    for channel in sorted({name for _, pose in poses for name in pose}):
        normal = rest.get(channel, 0.0)
        curve: list[Key] = [(time, pose.get(channel, normal) - normal) for time, pose in poses]
        score.key(f"{side}_{channel}", *curve)


def pose_reaching(figure: Figure, side: str, wrist: Floats, elbow_down_deg: float) -> ArmPose:
    """Return the pose that has the wrist at `wrist` (3,): left, up and ahead of the chest's middle.

    The chest's middle is between the shoulders; the elbow hangs `elbow_down_deg` from sideways.
    """
    sign = LEFT_SIGN[side]
    shoulders = figure.joints[[JOINT["left_shoulder"], JOINT["right_shoulder"]]]
    own = figure.joints[JOINT[f"{side}_shoulder"]]
    target = wrist + shoulders.mean(axis=0) - own
    elbow = np.array(
        [sign * np.cos(np.radians(elbow_down_deg)), -np.sin(np.radians(elbow_down_deg)), 0.0]
    )
    hinge = np.array([0.0, -sign, 0.0])
    normal = np.cross(elbow, target)
    rotation, bend = reach(
        figure.bone(f"{side}_shoulder", f"{side}_elbow"),
        figure.bone(f"{side}_elbow", f"{side}_wrist"),
        hinge, target[np.newaxis], normal[np.newaxis],
    )  # fmt: skip
    return _angles(rotation[0], sign) | {"elbow": float(np.degrees(bend[0]))}


def _angles(rotation: Floats, sign: float) -> ArmPose:
    """Return swing, raise and twist of an upper arm's rotation (3, 3), as `arm_rotation` has it."""
    raised = np.pi / 2 - np.arccos(rotation[0, 0])
    swing = -np.arctan2(-sign * rotation[2, 0], -sign * rotation[1, 0])
    twist = -np.arctan2(-sign * rotation[0, 2], sign * rotation[0, 1])
    return {
        "raise": float(np.degrees(raised)),
        "swing": float(np.degrees(swing)),
        "twist": float(np.degrees(twist)),
    }
