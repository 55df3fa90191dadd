"""Observing: a moving body goes in, the points that a sensor keeps of it come out.

One seam round all that costs time in a build (posing, scanning, noise, sampling), so that a device
can do the whole of it and nothing but the points travels. The processor's observer is every other's
referee.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_planes
from motiondata.lidar.noise import add_range_noise
from motiondata.lidar.sampling import SampledClip, empty_sample, sample_into
from motiondata.lidar.scanning import Scanner
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


Pending: TypeAlias = Callable[[], SampledClip]
"""What was begun; to call it waits for it."""


class Observer(Protocol):
    """What poses bodies before one sensor and keeps a number of points of each frame."""

    frames_ahead: int
    """How many frames it is well to begin before the first of them is waited for."""

    def begin(
        self,
        shaped: ShapedBody,
        pose: NDArray[np.float64],
        trans: NDArray[np.float64],
        world_to_sensor: NDArray[np.float64],
        noise: RangeNoise,
    ) -> Pending:
        """Begin to observe a body posed by `pose` (frames, 22, 3) and `trans` (frames, 3)."""
        ...


class CpuObserver:
    """Observes on one core, at once; keeps a scanner, so every thread needs one of its own."""

    frames_ahead = 0

    def __init__(self, sensor: Sensor, points: int) -> None:
        self._scanner = Scanner(sensor)
        self._points = points
        self._planes = np.empty((0, 3, 0), np.float32)

    def begin(
        self,
        shaped: ShapedBody,
        pose: NDArray[np.float64],
        trans: NDArray[np.float64],
        world_to_sensor: NDArray[np.float64],
        noise: RangeNoise,
    ) -> Pending:
        """Observe at once, for there is nobody else to do it."""
        seen = self.observe(shaped, pose, trans, world_to_sensor, noise)
        return lambda: seen

    def observe(
        self,
        shaped: ShapedBody,
        pose: NDArray[np.float64],
        trans: NDArray[np.float64],
        world_to_sensor: NDArray[np.float64],
        noise: RangeNoise,
    ) -> SampledClip:
        """Observe a body posed by `pose` (frames, 22, 3) and `trans` (frames, 3), world frame."""
        sampled = empty_sample(len(trans), self._points)
        for first in range(0, len(trans), NEAR_FRAMES):
            near = slice(first, first + NEAR_FRAMES)
            planes = self._planes_for(shaped, len(trans[near]))
            pose_planes(shaped, pose[near], trans[near], world_to_sensor, planes)
            scans = self._scanner.scan_planes(planes, shaped.body.faces)
            scans = add_range_noise(scans, noise.sigma, noise.seed, noise.key, noise.first + first)
            sample_into(sampled, scans, shaped.body.face_parts, first)
        return sampled

    def _planes_for(self, shaped: ShapedBody, frames: int) -> NDArray[np.float32]:
        """Return memory for some frames' vertices, the same every time: new memory is slow."""
        if self._planes.shape[2] != shaped.plane_vertices:
            self._planes = np.empty((NEAR_FRAMES, 3, shaped.plane_vertices), np.float32)
        return self._planes[:frames]
