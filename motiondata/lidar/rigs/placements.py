"""Placements: where a sensor is at the moments of a clip."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.placement import compose, first_heading, place_sensor
from motiondata.lidar.rigs.attitude import Attitude, rotations_toward
from motiondata.lidar.rigs.moments import Moments
from motiondata.lidar.rigs.mounts import Mount

Floats = NDArray[np.float64]


class Placement(Protocol):
    """Where a sensor is."""

    @property
    def moves(self) -> bool:
        """Whether its pose changes during a clip."""

    def poses(self, moments: Moments) -> Floats:
        """Return `T_world_sensor`, shaped (4, 4), or (moments, 4, 4) if it moves."""


@dataclass(frozen=True)
class Around:
    """One of several sensors evenly spaced around the middle of the person's path, facing it."""

    distance: float
    """Horizontal, meters."""
    height: float
    """Above the floor, meters."""
    view: int = 0
    """The number of the sensor; without an azimuth, 0 is the one in front."""
    views: int = 1
    azimuth: float = 0.0
    """Of the first sensor, degrees counterclockwise from the person's first heading."""
    moves = False

    def poses(self, moments: Moments) -> Floats:
        """Return `T_world_sensor`, shaped (4, 4)."""
        joints = moments.clip_joints
        placed = place_sensor(
            joints[:, 0], first_heading(joints),
            distance=self.distance, height=self.height, views=self.views,
            azimuth=float(np.radians(self.azimuth)),
        )  # fmt: skip
        return np.asarray(placed[self.view])


@dataclass(frozen=True)
class OnMount:
    """At a place on a mount, with angles or turned toward something."""

    mount: Mount
    attitude: Attitude
    point: tuple[float, float, float] | None = None
    """A point that the sensor looks at, frame of the mount, meters; it replaces the angles."""
    follows: bool = False
    """Whether the sensor turns toward the person's pelvis at each moment instead."""

    @property
    def moves(self) -> bool:
        """Whether its pose changes during a clip."""
        return self.follows or self.mount.moves

    @property
    def needs_person(self) -> bool:
        """Whether the pose depends on more of the person than their path and first heading."""
        return self.follows or self.mount.on_person

    def poses(self, moments: Moments) -> Floats:
        """Return `T_world_sensor`, shaped (4, 4), or (moments, 4, 4) if it moves."""
        on_mount = self.attitude.transform
        if self.point is not None:
            ahead = np.array(self.point) - on_mount[:3, 3]
            on_mount[:3, :3] = rotations_toward(ahead, np.eye(3))
        placed = compose(self.mount.frames(moments), on_mount)
        if self.follows:
            placed = np.array(np.broadcast_to(placed, (len(moments.seconds), 4, 4)))
            ahead = moments.joints[:, 0] - placed[:, :3, 3]
            placed[:, :3, :3] = rotations_toward(ahead, placed[:, :3, :3].copy())
        return placed
