"""Fine rays: the width of a beam as three rays per column, all in one exact scan.

The scan has several times the columns of the sensor, and every ray of the sensor is read as the
center and both sides of its footprint. Widths across the rings are ignored: most edges of a person
are upright.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.cpu.side_rays import NEVER_WHOLE, Reading
from motiondata.lidar.realism.keyed_random import generator_of
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.sensor import MAX_RAYS, Sensor
from motiondata.trigonometry import sines_and_cosines

SIDE = 1 / 3
"""The distance of the side rays from the center, as a share of the footprint's width: three equal
weights there have the variance of an even footprint, to within a tenth."""

FACTORS = (1, 2, 3, 4, 5, 6)
"""The permitted numbers of fine columns per column. More are slower."""

CLOSE_ENOUGH = 0.2
"""The relative error of the distance of side rays up to which fewer fine columns are preferred."""


SURFACE_SHARE = 0.1
"""The share of the separation of echoes up to which neighboring centers lie on one surface."""


@dataclass(frozen=True)
class FineRays:
    """A sensor with fine columns. Column c of the real one is fine column `factor` times c."""

    sensor: Sensor
    factor: int
    side: int
    """The distance of the side rays from the center in fine columns; 0 for rays without width."""

    @property
    def columns(self) -> int:
        """The columns of the unit."""
        return self.sensor.columns // self.factor

    @property
    def step(self) -> float:
        """The largest step of ranges inside a surface, meters (see `cpu.side_rays`).

        Footprints whose sides lie beyond the next column are never whole.
        """
        if not 0 < self.side < self.factor:
            return NEVER_WHOLE
        return SURFACE_SHARE * self.sensor.measurement.echo_separation_m

    @property
    def reading(self) -> Reading:
        """How the fine scan is read."""
        return self.factor, self.side, self.step


def fine_rays(sensor: Sensor, settings: Realism) -> FineRays:
    """Return the fine rays of a sensor, with the columns that the settings ask for.

    A scan pattern keeps its rays, without width.
    """
    if sensor.pattern is not None:
        return FineRays(sensor, 1, 0)
    sensor = real_sensor(sensor, settings)
    width = settings.footprint * sensor.measurement.footprint
    if width == 0:
        return FineRays(sensor, 1, 0)
    spacing = 2 * np.pi / sensor.columns
    factor, side = _closest(width * SIDE / spacing, sensor.beams * sensor.columns)
    window = sensor.window and _fine_window(sensor.window, factor, sensor.columns)
    fine = replace(sensor, columns=sensor.columns * factor, window=window)
    return FineRays(fine, factor, side)


def real_sensor(sensor: Sensor, settings: Realism) -> Sensor:
    """Return the sensor with the columns and the speed of a real unit that the settings ask for.

    A sensor with a window that fires keeps its columns.
    """
    measured = sensor.measurement
    turns = settings.turns_per_second or measured.turns_per_second
    own = settings.real_columns and measured.columns and sensor.window is None
    columns = measured.columns if own else sensor.columns
    if (turns, columns) == (measured.turns_per_second, sensor.columns):
        return sensor
    turning = replace(measured, turns_per_second=turns)
    return replace(sensor, columns=columns, measurement=turning)


def _closest(distance: float, rays: int) -> tuple[int, int]:
    """Return the factor and the fine columns nearest to a distance in columns."""
    choices = []
    for factor in FACTORS:
        side = max(1, round(distance * factor))
        error = abs(side / (distance * factor) - 1)
        if factor == 1 or factor * rays <= MAX_RAYS:
            choices.append((error if error > CLOSE_ENOUGH else 0.0, factor, side))
    return min(choices)[1:]


def _fine_window(window: tuple[int, int], factor: int, columns: int) -> tuple[int, int]:
    """Return a window with room for the side rays of its first and last columns."""
    first, count = window
    return ((first * factor - factor) % (columns * factor), min(count + 1, columns) * factor)


def beam_errors(sensor: Sensor, scale: float) -> NDArray[np.float64]:
    """Return the range error of each beam, shaped (beams,), meters: fixed for a unit."""
    generator = generator_of(0, "beam errors", sensor.name)
    return scale * sensor.measurement.beam_offset_sigma_m * generator.normal(size=sensor.beams)


def ray_angles(sensor: Sensor, columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cosines and sines of a sensor's angles.

    Those of the elevation and of the azimuth offset of each beam are shaped (beams, 4), those of
    the azimuth of each of `columns` columns are shaped (columns, 2).
    """
    up, level = sines_and_cosines(sensor.elevation)
    aside, ahead = sines_and_cosines(sensor.azimuth_offset)
    sine, cosine = sines_and_cosines(2 * np.pi * np.arange(columns) / columns)
    return np.stack([level, up, ahead, aside], axis=1), np.stack([cosine, sine], axis=1)
