"""Sample a timeline to the frames of a motion: pose and trans as AMASS stores them.

The root follows its path, the feet are at their given places, and the legs are solved by inverse
kinematics (`two_bone_ik.py`). The pelvis is lowered wherever a leg would be too short; this causes
the vertical oscillation of a walk. Trunk and arms are rotated by the angles of the timeline.
"""

from dataclasses import dataclass
from math import radians

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from motiondata.rotations import about, inverse, rotmat_to_rotvec, turned
from motiondata.skeletons import JOINT, JOINTS
from motiondata.synthesis.acts import SIDES
from motiondata.synthesis.motion.arms import arm_rotation
from motiondata.synthesis.motion.curves import PASSES, smooth
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN, RestSkeleton
from motiondata.synthesis.motion.timeline import STANCE_BACK_METERS, Timeline
from motiondata.synthesis.motion.two_bone_ik import solve_two_bone_ik

Floats = NDArray[np.float64]

REST_TO_WORLD = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Rotation by 90 degrees from SMPL's y up to AMASS's z up; AMASS's `poses[:, :3]` contain it."""

STANDING_REACH = 0.995
"""Distance between hip and ankle in standing, as a fraction of the length of a leg."""
LONGEST_REACH = 0.996
"""Maximum distance between hip and ankle, as a fraction of the length of a leg.

Beyond this limit the pelvis is lowered; otherwise the knees would snap straight.
"""
GUARD_SECONDS = 0.08
"""Time before and after in which the pelvis is lowered for a leg that would be too short."""

SHRUG_DEG = 22.0
"""Upward rotation of a collar when its arm points straight up."""

TRUNK_JOINTS = {"spine": ("spine1", "spine2", "spine3"), "head": ("neck", "head")}
"""The joints among which the angles of a body part are divided."""

KNEE_AXIS = np.array([1.0, 0.0, 0.0])

HEEL_METERS = 0.045
"""Distance from the ankle back to the point where the heel touches the floor."""


@dataclass(frozen=True)
class Motion:
    """The frames of a motion in AMASS's conventions: world frame, z up."""

    pose: Floats
    """Axis-angle, shaped (frames, 22, 3), radians."""
    trans: Floats
    """Pelvis position minus its rest position, shaped (frames, 3), meters."""
    fps: float


def timeline_to_motion(timeline: Timeline, seconds: float, fps: float) -> Motion:
    """Sample a timeline from time 0 for `seconds` at `fps` frames per second."""
    times = np.arange(round(seconds * fps)) / fps
    values = timeline.sample(times)
    path = timeline.sample_path(times)
    return _TimelineSampler(timeline.skeleton, values, path, fps).motion()


class _TimelineSampler:
    """Converts the sampled channels of one timeline to poses."""

    def __init__(
        self, skeleton: RestSkeleton, values: dict[str, Floats], path: Floats, fps: float
    ) -> None:
        self.skeleton, self.values, self.path, self.fps = skeleton, values, path, fps
        self.pose = np.zeros((len(path), JOINTS, 3))

    def motion(self) -> Motion:
        """Return pose and trans."""
        root = self._root_rotation()
        pelvis = self._pelvis(root)
        matrices = {"pelvis": root}
        for side in SIDES:
            matrices |= self._leg(side, root, pelvis)
            matrices |= self._arm(side)
        joints = [JOINT[name] for name in matrices]
        self.pose[:, joints] = rotmat_to_rotvec(np.stack(list(matrices.values()), axis=1))
        self._trunk()
        return Motion(self.pose, pelvis - self.skeleton.joints[0], self.fps)

    def _angle(self, channel: str) -> Floats:
        return np.radians(self.values[channel])

    def _root_rotation(self) -> Floats:
        """Return the pelvis's rotation from the rest frame to the world, (frames, 3, 3)."""
        heading = about("y", self.path[:, 2] + self._angle("pelvis_turn"))
        bent = about("x", self._angle("pelvis_bend")) @ about("z", self._angle("pelvis_tilt"))
        return REST_TO_WORLD @ heading @ bent

    def _pelvis(self, root: Floats) -> Floats:
        """Return the pelvis position, (frames, 3): above the path, low enough for both legs."""
        yaw = self.path[:, 2]
        forward, leftward = self.values["forward"], self.values["leftward"]
        x = self.path[:, 0] + forward * np.sin(yaw) + leftward * np.cos(yaw)
        y = self.path[:, 1] - forward * np.cos(yaw) + leftward * np.sin(yaw)
        high = np.stack([x, y, self._standing_height() + self.values["up"]], axis=1)
        excess = np.maximum(*(self._too_high(side, root, high) for side in SIDES))
        half = max(1, round(GUARD_SECONDS * self.fps / PASSES))
        excess = maximum_filter1d(excess, 2 * PASSES * half + 1, mode="nearest")
        high[:, 2] -= smooth(excess, half)
        return high

    def _standing_height(self) -> float:
        """Return the height of the pelvis above the floor in standing, meters."""
        skeleton = self.skeleton
        hip, ankle = skeleton.joints[JOINT["left_hip"]], skeleton.height_over_sole("left_ankle")
        aside = skeleton.hip_width * 0.15
        level = np.hypot(hip[2] - skeleton.joints[0, 2] + STANCE_BACK_METERS, aside)
        drop = skeleton.joints[0, 1] - hip[1]
        return float(ankle + np.sqrt((STANDING_REACH * skeleton.leg) ** 2 - level**2) + drop)

    def _too_high(self, side: str, root: Floats, pelvis: Floats) -> Floats:
        """Return how far the pelvis must be lowered for a leg to reach its foot, (frames,)."""
        way = self._ankle(side) - self._hip(side, root, pelvis)
        longest = (LONGEST_REACH - self.values["slack"]) * self.skeleton.leg
        level = np.minimum(np.hypot(way[:, 0], way[:, 1]), 0.98 * longest)
        excess: Floats = np.maximum(0.0, -way[:, 2] - np.sqrt(longest**2 - level**2))
        return excess

    def _hip(self, side: str, root: Floats, pelvis: Floats) -> Floats:
        return pelvis + turned(root, self.skeleton.bone("pelvis", f"{side}_hip"))

    def _foot_rotation(self, side: str) -> Floats:
        """Return the foot's rotation from the rest frame to the world, (frames, 3, 3)."""
        down = self._angle(f"{side}_heel") - self._angle(f"{side}_toe")
        down = down + self._angle(f"{side}_point")
        return REST_TO_WORLD @ about("y", self.values[f"{side}_yaw"]) @ about("x", down)

    def _ankle(self, side: str) -> Floats:
        """Return the ankle position, (frames, 3), for a foot that stands on ball, sole or heel."""
        skeleton, values, yaw = self.skeleton, self.values, self.values[f"{side}_yaw"]
        height = skeleton.height_over_sole(f"{side}_ankle")
        ball = skeleton.bone(f"{side}_ankle", f"{side}_foot")[1:]
        heel = np.array([-height, -HEEL_METERS])
        on_ball = _rolled(ball, self._angle(f"{side}_heel"))
        on_heel = _rolled(heel, -self._angle(f"{side}_toe"))
        up, ahead = on_ball + on_heel
        ahead = ahead + values[f"{side}_forward"]
        x = values[f"{side}_x"] + ahead * np.sin(yaw)
        y = values[f"{side}_y"] - ahead * np.cos(yaw)
        return np.stack([x, y, height + up + values[f"{side}_lift"]], axis=1)

    def _leg(self, side: str, root: Floats, pelvis: Floats) -> dict[str, Floats]:
        """Return the rotation matrices of hip and ankle; write the angles of knee and toes."""
        skeleton = self.skeleton
        upper = skeleton.bone(f"{side}_hip", f"{side}_knee")
        lower = skeleton.bone(f"{side}_knee", f"{side}_ankle")
        way = turned(inverse(root), self._ankle(side) - self._hip(side, root, pelvis))
        knee_yaw = (self.path[:, 2] + self.values[f"{side}_yaw"]) / 2
        outward = np.stack([np.cos(knee_yaw), np.sin(knee_yaw), np.zeros_like(knee_yaw)], axis=1)
        hip, bend = solve_two_bone_ik(upper, lower, KNEE_AXIS, way, turned(inverse(root), outward))
        knee = about("x", bend)
        ankle = inverse(root @ hip @ knee) @ self._foot_rotation(side)
        self.pose[:, JOINT[f"{side}_knee"], 0] = bend
        self.pose[:, JOINT[f"{side}_foot"], 0] = -self._angle(f"{side}_heel")
        return {f"{side}_hip": hip, f"{side}_ankle": ankle}

    def _arm(self, side: str) -> dict[str, Floats]:
        """Return the rotation matrices of the shoulder; write elbow, wrist and collar angles."""
        sign = LEFT_SIGN[side]
        raised, swing = self._angle(f"{side}_raise"), self._angle(f"{side}_swing")
        arm = arm_rotation(side, swing, raised, self._angle(f"{side}_twist"))
        overhead = np.arccos(np.clip(np.cos(raised) * np.cos(swing), -1.0, 1.0))
        rising = np.clip((overhead - radians(50.0)) / radians(130.0), 0.0, 1.0)
        shrug = sign * radians(SHRUG_DEG) * rising**3 * (rising * (6 * rising - 15) + 10)
        self.pose[:, JOINT[f"{side}_collar"], 2] = shrug
        self.pose[:, JOINT[f"{side}_elbow"], 1] = -sign * self._angle(f"{side}_elbow")
        self.pose[:, JOINT[f"{side}_wrist"], 2] = sign * self._angle(f"{side}_wrist")
        return {f"{side}_shoulder": about("z", -shrug) @ arm}

    def _trunk(self) -> None:
        """Write the angles of spine and head, divided among their joints."""
        for part, names in TRUNK_JOINTS.items():
            angles = [self._angle(f"{part}_{motion}") for motion in ("bend", "turn", "tilt")]
            share = np.stack(angles, axis=1) / len(names)
            for name in names:
                self.pose[:, JOINT[name]] = share


def _rolled(pivot: Floats, angle: Floats) -> Floats:
    """Return how far the ankle moves up and forward when the foot rotates down about `pivot`.

    `pivot` (2,) is relative to the ankle: up and forward. The result is shaped (2, frames).
    """
    up, ahead = -pivot
    sine, cosine = np.sin(angle), np.cos(angle)
    return np.stack([up * (cosine - 1) - ahead * sine, up * sine + ahead * (cosine - 1)])
