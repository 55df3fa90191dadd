"""A real person in one scan."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Person:
    """One person in one scan."""

    name: str
    points: Floats
    """Shaped (points, 3), meters, sensor frame."""
    beams: NDArray[np.int64]
    place: Floats
    """The middle of the person on the floor, x and y, meters."""
    floor: float
    height: float
    yaw: float
    """The heading, radians; NaN if unknown."""
    track: str = ""
    """The name of the person, who may be in several scans; empty if they were not followed."""

    @property
    def distance(self) -> float:
        """The horizontal distance from the sensor, meters."""
        return float(np.hypot(*self.place))
