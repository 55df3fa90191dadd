"""Lay motions over each other that have other frames of reference, such as recovered features.

Features lose where a person stood and which way it faced. A turn about the vertical axis and a
shift bring them back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.representations.joint_sets import KIT_JOINTS
from motiondata.skeletons import JOINT, JOINTS
from pipelines.viewing.skeletons import HANDS, PosedSkeleton
from pipelines.viewing.viewed_clip import ViewedClip

Floats = NDArray[np.float64]

APART_METERS = 0.1
"""Motions with a smaller mean distance have the same frame of reference. Range noise is smaller."""

HIPS = ("pelvis", "left_hip", "right_hip")
"""The joints that are compared: they show place and direction, and every skeleton has them."""

_SMPL_HIPS = tuple(JOINT[name] for name in HIPS)
_KIT_NAMES = tuple(name for _, name in KIT_JOINTS)
HIPS_BY_JOINTS: Mapping[int, tuple[int, ...]] = {
    JOINTS: _SMPL_HIPS,
    JOINTS + len(HANDS): _SMPL_HIPS,
    len(KIT_JOINTS): tuple(_KIT_NAMES.index(name) for name in HIPS),
}
"""The numbers of `HIPS` in each skeleton, by its number of joints."""


@dataclass(frozen=True)
class Move:
    """A turn about the vertical axis, and then a shift."""

    radians: float
    shift: Floats
    """Shaped (3,), meters."""

    @property
    def is_nothing(self) -> bool:
        """Whether nothing moves."""
        return self.radians == 0 and not self.shift.any()

    @property
    def rotation(self) -> Floats:
        """The turn, shaped (3, 3)."""
        sine, cosine = np.sin(self.radians), np.cos(self.radians)
        return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])

    def of(self, points: Floats) -> Floats:
        """Move points, shaped (..., 3)."""
        moved: Floats = points @ self.rotation.T + self.shift
        return moved


NO_MOVE = Move(0.0, np.zeros(3))


def find_move(points: Floats, onto: Floats) -> Move:
    """Return the move that brings points (n, 3) nearest to others; none if these are near."""
    if not len(points) or np.linalg.norm(points - onto, axis=1).mean() < APART_METERS:
        return NO_MOVE
    middle, other = points.mean(axis=0), onto.mean(axis=0)
    a, b = (points - middle)[:, :2], (onto - other)[:, :2]
    radians = np.arctan2((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum(), (a * b).sum())
    turned = Move(float(radians), np.zeros(3))
    return replace(turned, shift=other - turned.of(middle))


def hips_of(skeleton: PosedSkeleton) -> Floats:
    """Return the places of `HIPS`, shaped (frames, 3, 3)."""
    return skeleton.joints[:, HIPS_BY_JOINTS[skeleton.joints.shape[1]]]


def find_clip_move(clip: ViewedClip, onto: ViewedClip) -> Move:
    """Return the move of a clip onto another one, at the same times; none without skeletons."""
    if clip.skeleton is None or onto.skeleton is None:
        return NO_MOVE
    seconds = np.arange(onto.frames) / onto.fps
    frames = np.floor(seconds * clip.fps + 1e-6).astype(np.int64)
    there = frames < clip.frames
    moving, still = hips_of(clip.skeleton)[frames[there]], hips_of(onto.skeleton)[there]
    return find_move(moving.reshape(-1, 3), still.reshape(-1, 3))


def moved_clip(clip: ViewedClip, move: Move) -> ViewedClip:
    """Move the skeleton and the points of a clip."""
    skeleton, scan = clip.skeleton, clip.scan
    if skeleton is not None:
        skeleton = replace(skeleton, joints=move.of(skeleton.joints))
    if scan is not None:
        T_world_sensor = scan.T_world_sensor.copy()
        T_world_sensor[:, :3, :3] = move.rotation @ T_world_sensor[:, :3, :3]
        T_world_sensor[:, :3, 3] = move.of(scan.sensor)
        scan = replace(scan, points=move.of(scan.points), T_world_sensor=T_world_sensor)
    return replace(clip, skeleton=skeleton, scan=scan)
