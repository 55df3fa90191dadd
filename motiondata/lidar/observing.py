"""Observing: a moving body goes in, the points that a sensor keeps of it come out.

One seam round all that costs time in a build (posing, scanning, noise, sampling), so that a device
can do the whole of it and nothing but the points travels. The processor's observer is every other's
referee.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_planes
from motiondata.lidar.noise import add_range_noise
from motiondata.lidar.sampling import SampledClip, empty_sample, sample_into
from motiondata.lidar.scanning import Scanner
from motiondata.lidar.scans import Scans
from motiondata.lidar.sensor import Sensor

NEAR_FRAMES = 64
"""Frames that go through it together: so few that their vertices stay in a cache, and enough to
share the loading of pose blend shapes."""


@dataclass(frozen=True)
class RangeNoise:
    """Which range noise the hits of some frames of a sample get."""

    sigma: float
    """Standard deviation along each ray, metres; 0 is an exact scan."""
    seed: int
    """Keys the draws, with the next two."""
    key: str
    """The sample's key."""
    first: int = 0
    """The number of the first of the frames in its sample."""


@dataclass(frozen=True, eq=False)
class Request:
    """Some frames of one moving body, to be observed from one place."""

    shaped: ShapedBody
    pose: NDArray[np.float64]
    """Axis-angle, radians, shaped (frames, 22, 3)."""
    trans: NDArray[np.float64]
    """AMASS's, metres, shaped (frames, 3)."""
    world_to_sensor: NDArray[np.float64]
    """Shaped (4, 4)."""
    noise: RangeNoise

    @property
    def frames(self) -> int:
        """How many they are."""
        return len(self.trans)

    def cut(self, frames: int) -> "list[Request]":
        """Cut it into parts of so many frames at the most, in order."""
        return [self._part(first, first + frames) for first in range(0, self.frames, frames)]

    def _part(self, first: int, end: int) -> "Request":
        part, noise = slice(first, end), replace(self.noise, first=self.noise.first + first)
        return replace(self, pose=self.pose[part], trans=self.trans[part], noise=noise)


Pending: TypeAlias = Callable[[], SampledClip]
"""What was begun; to call it waits for it."""


class Observer(Protocol):
    """What poses bodies before one sensor and keeps a number of points of each frame."""

    frames_ahead: int
    """How many frames it is well to begin before the first of them is waited for."""

    def begin(self, request: Request) -> Pending:
        """Begin to observe; no result depends on what else is asked for, or how it is cut."""
        ...


class CpuObserver:
    """Observes on one core, at once; keeps a scanner, so every thread needs one of its own."""

    frames_ahead = 0

    def __init__(self, sensor: Sensor, points: int) -> None:
        self._scanner = Scanner(sensor)
        self._points = points
        self._planes = np.empty((0, 3, 0), np.float32)

    def begin(self, request: Request) -> Pending:
        """Observe at once, for there is nobody else to do it."""
        sampled, first = empty_sample(request.frames, self._points), 0
        for near in request.cut(NEAR_FRAMES):
            scans = self._scan(near)
            sample_into(sampled, scans, request.shaped.body.face_parts, first)
            first += near.frames
        return lambda: sampled

    def _scan(self, near: Request) -> Scans:
        shaped, noise = near.shaped, near.noise
        planes = self._planes_for(shaped, near.frames)
        pose_planes(shaped, near.pose, near.trans, near.world_to_sensor, planes)
        scans = self._scanner.scan_planes(planes, shaped.body.faces)
        return add_range_noise(scans, noise.sigma, noise.seed, noise.key, noise.first)

    def _planes_for(self, shaped: ShapedBody, frames: int) -> NDArray[np.float32]:
        """Return memory for some frames' vertices, the same every time: new memory is slow."""
        if self._planes.shape[2] != shaped.plane_vertices:
            self._planes = np.empty((NEAR_FRAMES, 3, shaped.plane_vertices), np.float32)
        return self._planes[:frames]
