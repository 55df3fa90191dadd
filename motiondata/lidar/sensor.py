"""A spinning LiDAR: the fixed grid of angles along which it sends its rays.

A grid of (beam, column) is what every such sensor's data sheet and metadata give, and what lets a
scan be a rasterisation. Idealised: all rays of a frame leave one point at one instant, so neither
the few centimetres between a unit's emitters nor the motion during a turn is modelled.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.trigonometry import sines_and_cosines

MAX_RAYS = 2**22
"""Sixteen times those of the largest preset; each takes about a hundred bytes of memory."""


MAX_BEAMS = 2**15 - 1
"""What scans can number in 16 bits; the largest preset has 128."""


@dataclass(frozen=True, eq=False)
class Sensor:
    """A sensor's rays, in its own frame: x forward, y left, z up, azimuth counter-clockwise.

    Raises `InputError` where the tables are not as said below.
    """

    name: str
    """What it is called in options and in samples."""
    elevation: NDArray[np.float64]
    """Angle above the horizon of each beam, shaped (beams,), radians, in any order."""
    azimuth_offset: NDArray[np.float64]
    """What is added to the azimuth of each beam's columns, shaped (beams,), radians."""
    columns: int
    """Rays of one beam in a turn, evenly spaced; column 0 of an unshifted beam looks along x."""
    source: str
    """Where the numbers come from."""
    min_range: float = 0.0
    """A nearer first hit is not reported, metres; it hides what is behind it all the same."""
    max_range: float = float("inf")
    """A farther hit is not reported, metres."""
    window: tuple[int, int] | None = None
    """The first column that fires and how many do, counter-clockwise; None: all of them."""

    def __post_init__(self) -> None:
        shapes = (self.elevation.shape, self.azimuth_offset.shape)
        self._expect(shapes[0] == shapes[1] == (self.beams,), f"angles shaped {shapes}")
        few = 0 < self.beams * self.columns <= MAX_RAYS and self.beams <= MAX_BEAMS
        self._expect(few, f"{self.beams} x {self.columns} rays")
        steep = _farthest_from_zero(np.degrees(self.elevation))
        self._expect(abs(steep) < 90, f"an elevation of {steep:.4g} degrees")
        wide = _farthest_from_zero(np.degrees(self.azimuth_offset))
        self._expect(abs(wide) <= 180, f"an azimuth offset of {wide:.4g} degrees")
        ordered = 0 <= self.min_range < self.max_range
        self._expect(ordered, f"ranges from {self.min_range:g} to {self.max_range:g} m")
        first, count = self.window or (0, self.columns)
        within = 0 <= first < self.columns and 0 < count <= self.columns
        self._expect(within, f"a window of {count} columns from {first} on")

    def _expect(self, holds: bool, found: str) -> None:
        if not holds:
            raise InputError(
                f"sensor {self.name}: found {found}; expected as many elevations (between "
                "-90 and 90 degrees) as azimuth offsets (-180 to 180 degrees), at least one beam "
                f"and column, {MAX_BEAMS} beams and {MAX_RAYS} rays at the most, "
                "0 <= min_range < max_range, and a window within the columns"
            )

    @property
    def beams(self) -> int:
        """The number of beams."""
        return len(self.elevation)


def _farthest_from_zero(values: NDArray[np.float64]) -> float:
    """Return the value of the largest magnitude, with its sign; NaN where one is NaN."""
    return float(values[np.abs(values).argmax()])


def ray_directions(sensor: Sensor) -> NDArray[np.float64]:
    """Return the unit vector of every ray, shaped (beams, columns, 3), sensor frame.

    Rays of columns that do not fire are NaN, which no comparison of a scan takes for a hit.
    """
    turn = 2 * np.pi * np.arange(sensor.columns) / sensor.columns
    aside, ahead = sines_and_cosines(turn[None] + sensor.azimuth_offset[:, None])
    up, level = sines_and_cosines(sensor.elevation[:, None])
    rays = np.stack([level * ahead, level * aside, up + 0 * ahead], axis=-1)
    if sensor.window is not None:
        first, count = sensor.window
        rays[:, (np.arange(sensor.columns) - first) % sensor.columns >= count] = np.nan
    return rays
