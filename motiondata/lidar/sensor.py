"""A LiDAR: the fixed grid of angles of the rays of a spinning one, or the scan pattern of another.

Data sheets and metadata of spinning sensors give a grid of (beam, column). The grid makes a scan a
rasterization. A scan pattern has other rays in every frame: a beam is a line, a column is a shot of
the frame. The model is idealized: all rays of a frame leave one point at one instant. It
models neither the few centimeters between a unit's emitters nor the motion during a revolution.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.lidar.measurement import UNKNOWN_MEASUREMENT, Measurement
from motiondata.lidar.patterns import ScanPattern
from motiondata.trigonometry import sines_and_cosines

MAX_RAYS = 2**22
"""The maximum number of rays: 16 times that of the largest preset, about 100 bytes each."""


MAX_BEAMS = 2**15 - 1
"""The maximum number of beams: scans store it in 16 bits. The largest preset has 128."""


@dataclass(frozen=True, eq=False)
class Sensor:
    """A sensor's rays in the sensor frame: x forward, y left, z up, azimuth counterclockwise.

    Raises `InputError` if a field is not as documented below.
    """

    name: str
    """The sensor's name in options and samples."""
    elevation: NDArray[np.float64]
    """The angle of each beam above the horizon, shaped (beams,), radians, in any order."""
    azimuth_offset: NDArray[np.float64]
    """The offset added to the azimuth of each beam's columns, shaped (beams,), radians."""
    columns: int
    """Rays per beam and revolution, evenly spaced; column 0 of a beam without offset is along x."""
    source: str
    """The source of the numbers."""
    min_range: float = 0.0
    """First hits nearer than this are not reported, but still occlude; meters."""
    max_range: float = float("inf")
    """Hits farther than this are not reported; meters."""
    window: tuple[int, int] | None = None
    """The first column that fires and how many fire, counterclockwise; None if all fire."""
    measurement: Measurement = UNKNOWN_MEASUREMENT
    """How a real unit measures. An exact scan does not depend on it."""
    pattern: ScanPattern | None = None
    """The pattern of a sensor whose rays differ from frame to frame; elevation and azimuth offset
    are then 0. `columns` are the shots of each line per frame."""

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
                f"and column, at most {MAX_BEAMS} beams and {MAX_RAYS} rays, "
                "0 <= min_range < max_range, and a window within the columns"
            )

    @property
    def beams(self) -> int:
        """The number of beams."""
        return len(self.elevation)


def _farthest_from_zero(values: NDArray[np.float64]) -> float:
    """Return the value with the largest magnitude; NaN if any value is NaN."""
    return float(values[np.abs(values).argmax()])


def ray_directions(sensor: Sensor) -> NDArray[np.float64]:
    """Return the unit vector of every ray, shaped (beams, columns, 3), sensor frame.

    Rays of columns that do not fire are NaN; no comparison with NaN gives a hit. Those of a scan
    pattern are the rays at the time 0.
    """
    if sensor.pattern is not None:
        return sensor.pattern.directions(0, sensor.columns)
    turn = 2 * np.pi * np.arange(sensor.columns) / sensor.columns
    aside, ahead = sines_and_cosines(turn[None] + sensor.azimuth_offset[:, None])
    up, level = sines_and_cosines(sensor.elevation[:, None])
    rays = np.stack([level * ahead, level * aside, up + 0 * ahead], axis=-1)
    rays[:, ~firing_columns(sensor)] = np.nan
    return rays


def firing_columns(sensor: Sensor) -> NDArray[np.bool_]:
    """Return which columns fire: those of the window, or all; shaped (columns,)."""
    first, count = sensor.window or (0, sensor.columns)
    fires: NDArray[np.bool_] = (np.arange(sensor.columns) - first) % sensor.columns < count
    return fires


def column_times(sensor: Sensor, columns: int) -> NDArray[np.float64]:
    """Return when each column fires after its frame began, shaped (columns,), seconds."""
    if sensor.pattern is None:
        return sensor.measurement.column_times(columns)
    return np.arange(columns) / sensor.pattern.shots_per_second


def frame_directions(sensor: Sensor, time: float) -> NDArray[np.float64]:
    """Return the rays of a frame that begins at a time, seconds; see `ray_directions`."""
    if sensor.pattern is None:
        return ray_directions(sensor)
    first = int(np.floor(time * sensor.pattern.shots_per_second + 0.5))
    return sensor.pattern.directions(first, sensor.columns)
