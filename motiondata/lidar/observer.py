"""The interface of an observer: a moving body goes in, the points that a sensor keeps come out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.lidar.sampled_clip import SampledClip


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
    T_sensor_world: NDArray[np.float64]
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

    lookahead_frames: int
    """How many frames it is well to begin before the first of them is waited for."""

    def begin(self, request: Request) -> Pending:
        """Begin to observe; no result depends on what else is asked for, or how it is cut."""
        ...
