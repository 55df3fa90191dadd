"""Mounts: what carries a sensor. Each has a frame with x forward, y left, z up, in meters."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.placement import compose
from motiondata.lidar.rigs.attitude import Attitude
from motiondata.lidar.rigs.moments import Moments, clip_frame
from motiondata.lidar.rigs.trajectory import Motion
from motiondata.rotations import rotvec_to_rotmat
from motiondata.skeletons import PARENTS

Floats = NDArray[np.float64]

SMPL_AXES = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
"""Forward, left and up, as columns, in the frame of a joint at rest: SMPL's x is left, y up."""


class Mount(Protocol):
    """What carries a sensor."""

    @property
    def moves(self) -> bool:
        """Whether it changes its place or direction during a clip."""

    @property
    def on_person(self) -> bool:
        """Whether the person carries it."""

    def frames(self, moments: Moments) -> Floats:
        """Return `T_world_mount`, shaped (4, 4), or (moments, 4, 4) if it moves."""


@dataclass(frozen=True)
class WorldMount:
    """The world frame of the motion."""

    moves = False
    on_person = False

    def frames(self, moments: Moments) -> Floats:  # noqa: ARG002
        """Return the identity."""
        return np.eye(4)


@dataclass(frozen=True)
class ClipMount:
    """The floor below the middle of the person's path; x is the first heading."""

    moves = False
    on_person = False

    def frames(self, moments: Moments) -> Floats:
        """Return `T_world_clip`."""
        return clip_frame(moments.clip_joints)


@dataclass(frozen=True)
class PersonMount:
    """The floor below the pelvis in each frame; x is the first heading, in all frames."""

    moves = True
    on_person = True

    def frames(self, moments: Moments) -> Floats:
        """Return the frame at each moment."""
        clip = clip_frame(moments.clip_joints)
        placed = np.tile(clip, (len(moments.seconds), 1, 1))
        placed[:, :2, 3] = moments.joints[:, 0, :2]
        return placed


@dataclass(frozen=True)
class JointMount:
    """A joint of the person, such as the head; forward, left and up as when they stand upright."""

    joint: int
    moves = True
    on_person = True

    def frames(self, moments: Moments) -> Floats:
        """Return the frame of the joint at each moment."""
        placed = np.tile(np.eye(4), (len(moments.seconds), 1, 1))
        for joint in _chain(self.joint):
            turned = np.zeros_like(placed)
            turned[:, :3, :3] = rotvec_to_rotmat(moments.pose[:, joint])
            placed = compose(placed, turned)
        axes = np.eye(4)
        axes[:3, :3] = SMPL_AXES
        placed = compose(placed, axes)
        placed[:, :3, 3] = moments.joints[:, self.joint]
        return placed


@dataclass(frozen=True)
class Vehicle:
    """Something that moves from a place on another mount."""

    base: Mount
    start: Attitude
    motion: Motion

    @property
    def moves(self) -> bool:
        """Whether it changes its place or direction during a clip."""
        return self.base.moves or self.motion.moves

    @property
    def on_person(self) -> bool:
        """Whether the person carries it."""
        return self.base.on_person

    def frames(self, moments: Moments) -> Floats:
        """Return the frame of the vehicle."""
        start = compose(self.base.frames(moments), self.start.transform)
        if not self.moves:
            return compose(start, self.motion.transforms(np.zeros(1))[0])
        return compose(start, self.motion.transforms(moments.seconds))


def _chain(joint: int) -> list[int]:
    """Return the joints from the root to a joint."""
    chain = [joint]
    while PARENTS[chain[0]] >= 0:
        chain.insert(0, PARENTS[chain[0]])
    return chain
