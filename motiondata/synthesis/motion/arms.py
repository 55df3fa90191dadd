"""Arm poses as angles of timeline channels, and transitions between them.

Angles are used instead of hand positions, because interpolated angles move the hand in arcs, as
real arms do. If a hand must be at a position, the angles are solved for that single pose.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.rotations import about
from motiondata.skeletons import JOINT
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN, RestSkeleton
from motiondata.synthesis.motion.timeline import Key, Timeline
from motiondata.synthesis.motion.two_bone_ik import solve_two_bone_ik

Floats = NDArray[np.float64]
ArmPose = dict[str, float]
"""Angles by channel, degrees, as defined by `timeline.ARM_CHANNELS`."""

HANGING: ArmPose = {}
"""The pose of the subject's hanging arms."""

ARMS_BACK: ArmPose = {"raise": 14, "swing": -32, "elbow": 12}
ARMS_THROWN_UP: ArmPose = {"raise": 12, "swing": 100, "elbow": 30}
BALANCING: ArmPose = {"raise": 38, "swing": 10, "elbow": 30}
CARRYING: ArmPose = {"raise": 8, "swing": 12, "elbow": 86, "twist": -10}
GUARD: ArmPose = {"raise": 16, "swing": 34, "twist": -22, "elbow": 128}
HANDS_ON_THIGHS: ArmPose = {"raise": 12, "swing": 15, "elbow": 50, "twist": -8}
PUNCHED: ArmPose = {"raise": 8, "swing": 84, "twist": -14, "elbow": 6}
WAVING: ArmPose = {"raise": 68, "swing": 14, "twist": 72, "elbow": 88, "wrist": 8}

RAISED: dict[str, ArmPose] = {
    "up": {"raise": 166, "elbow": 8},
    "side": {"raise": 90, "elbow": 6},
    "front": {"raise": 6, "swing": 88, "elbow": 6},
}
"""Raised arms, by the direction in which they point."""
RAISED_BY_FRONT: ArmPose = {"raise": 8, "swing": 168, "elbow": 10}
"""Arms that point up and were raised through the front."""


def move_arm(timeline: Timeline, side: str, *keys: tuple[float, ArmPose]) -> None:
    """Move an arm through poses at the given times; `HANGING` is the rest pose of the subject."""
    hanging = {"raise": timeline.style.arm_raise_deg, "elbow": timeline.style.elbow_deg}
    poses = [(time, pose or hanging) for time, pose in keys]
    for channel in sorted({name for _, pose in poses for name in pose}):
        rest = hanging.get(channel, 0.0)
        curve: list[Key] = [(time, pose.get(channel, rest) - rest) for time, pose in poses]
        timeline.key(f"{side}_{channel}", *curve)


def hold_pose(
    timeline: Timeline,
    side: str,
    pose: ArmPose,
    start: float,
    reach: float,
    leave: float,
    end: float,
) -> None:
    """Move an arm from hanging to a pose, hold it from `reach` to `leave`, and move it back."""
    move_arm(timeline, side, (start, HANGING), (reach, pose), (leave, pose), (end, HANGING))


def pose_reaching(
    skeleton: RestSkeleton, side: str, wrist: Floats, elbow_down_deg: float
) -> ArmPose:
    """Return the pose of an arm with the wrist at `wrist` (3,): left, up and forward, meters.

    The origin is the midpoint between the shoulders. The elbow points outward, `elbow_down_deg`
    below the horizontal.
    """
    sign = LEFT_SIGN[side]
    shoulders = skeleton.joints[[JOINT["left_shoulder"], JOINT["right_shoulder"]]]
    own = skeleton.joints[JOINT[f"{side}_shoulder"]]
    target = wrist + shoulders.mean(axis=0) - own
    elbow = np.array(
        [sign * np.cos(np.radians(elbow_down_deg)), -np.sin(np.radians(elbow_down_deg)), 0.0]
    )
    hinge = np.array([0.0, -sign, 0.0])
    normal = np.cross(elbow, target)
    rotation, bend = solve_two_bone_ik(
        skeleton.bone(f"{side}_shoulder", f"{side}_elbow"),
        skeleton.bone(f"{side}_elbow", f"{side}_wrist"),
        hinge, target[np.newaxis], normal[np.newaxis],
    )  # fmt: skip
    return _angles(rotation[0], sign) | {"elbow": float(np.degrees(bend[0]))}


def arm_rotation(side: str, swing: Floats, raised: Floats, twist: Floats) -> Floats:
    """Return the upper arm's rotation from the T pose, in the chest frame, (frames, 3, 3).

    The angles are shaped (frames,), radians.
    """
    sideways = about("z", LEFT_SIGN[side] * (raised - np.pi / 2))
    return about("x", -swing) @ sideways @ about("x", -twist)


def _angles(rotation: Floats, sign: float) -> ArmPose:
    """Return swing, raise and twist of an upper arm's rotation (3, 3); inverts `arm_rotation`."""
    raised = np.pi / 2 - np.arccos(rotation[0, 0])
    swing = -np.arctan2(-sign * rotation[2, 0], -sign * rotation[1, 0])
    twist = -np.arctan2(-sign * rotation[0, 2], sign * rotation[0, 1])
    return {
        "raise": float(np.degrees(raised)),
        "swing": float(np.degrees(swing)),
        "twist": float(np.degrees(twist)),
    }
