"""The observer interface: takes a moving body and returns the sampled points of its scans."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.lidar.sampled_clip import SampledClip
from motiondata.lidar.surroundings import Surroundings


@dataclass(frozen=True)
class RangeNoise:
    """The range noise of consecutive frames of a sample."""

    sigma: float
    """Standard deviation along each ray, meters; 0 gives an exact scan."""
    seed: int
    """The seed; seed, key and frame number select the random generator of a frame."""
    key: str
    """The sample's key."""
    first: int = 0
    """The number of the first frame in its sample."""


@dataclass(frozen=True, eq=False)
class Appearance:
    """How a person looks to a real sensor, for the frames of a request."""

    reflectances: NDArray[np.float64]
    """The reflectance of each material, from 0 to 1, shaped (256,). A body part is a material."""
    is_outshone: bool = False
    """Whether something close behind the person returns more than their edges do."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """A person when the sensor sees either end of their sector of each turn.

    Between both, every vertex moves linearly.
    """

    times: NDArray[np.float64]
    """When both ends are seen, seconds from the middle of the turn, shaped (2, frames)."""
    pose: NDArray[np.float64]
    """The poses at these times, shaped (2, frames, 22, 3)."""
    trans: NDArray[np.float64]
    """Shaped (2, frames, 3)."""
    T_sensor_world: NDArray[np.float64] | None = None
    """For a sensor that moves: its transforms at these times and halfway between them, shaped
    (3, frames, 4, 4)."""

    def part(self, frames: slice) -> "Sweep":
        """Return the sweep of some frames."""
        placed = self.T_sensor_world
        return Sweep(
            self.times[:, frames],
            self.pose[:, frames],
            self.trans[:, frames],
            None if placed is None else placed[:, frames],
        )


@dataclass(frozen=True, eq=False)
class Request:
    """Consecutive frames of one moving body, observed by one sensor."""

    shaped: ShapedBody
    pose: NDArray[np.float64]
    """Axis-angle, radians, shaped (frames, 22, 3)."""
    trans: NDArray[np.float64]
    """AMASS's `trans`, meters, shaped (frames, 3)."""
    T_sensor_world: NDArray[np.float64]
    """The transform from the world frame to the sensor frame, shaped (4, 4); for a sensor that
    moves, that of each frame, shaped (frames, 4, 4)."""
    noise: RangeNoise
    appearance: Appearance | None = None
    """For observers with realism; others ignore it."""
    surroundings: Surroundings | None = None
    """For observers with realism; others ignore them."""
    sweep: Sweep | None = None
    """For observers with realism; others ignore it. None poses the body once per turn."""
    compensated: bool = False
    """Whether points are compensated for the motion of the sensor within a turn."""
    frame_rate: float = 20.0
    """Frames per second, Hz."""
    start: float = 0.0
    """When frame 0 of the sample begins, seconds since the sensor runs: for scan patterns."""

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.trans)

    @property
    def sensor_moves(self) -> bool:
        """Whether each frame has its own pose of the sensor."""
        return self.T_sensor_world.ndim == 3

    @property
    def looking(self) -> NDArray[np.float64]:
        """`T_sensor_world` when the sensor looks at the person, shaped as that of the request."""
        swept = None if self.sweep is None else self.sweep.T_sensor_world
        return self.T_sensor_world if swept is None else swept[2]

    @property
    def times(self) -> NDArray[np.float64]:
        """When each frame begins, seconds since the sensor runs, shaped (frames,)."""
        return self.start + (self.noise.first + np.arange(self.frames)) / self.frame_rate

    def cut(self, frames: int) -> "list[Request]":
        """Split the request into parts of at most `frames` frames, in order."""
        return [self._part(first, first + frames) for first in range(0, self.frames, frames)]

    def _part(self, first: int, end: int) -> "Request":
        part, noise = slice(first, end), replace(self.noise, first=self.noise.first + first)
        return replace(
            self,
            pose=self.pose[part],
            trans=self.trans[part],
            T_sensor_world=self.T_sensor_world[part] if self.sensor_moves else self.T_sensor_world,
            noise=noise,
            sweep=self.sweep and self.sweep.part(part),
        )


Pending: TypeAlias = Callable[[], SampledClip]
"""A pending result: calling it waits for the result and returns it."""


class Observer(Protocol):
    """Poses bodies in front of one sensor and keeps a fixed number of points per frame."""

    lookahead_frames: int
    """The recommended number of frames to begin before waiting for the first result."""

    def begin(self, request: Request) -> Pending:
        """Begin to observe; no result depends on other requests or on how requests are split."""
        ...
