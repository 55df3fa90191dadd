"""Rolling shutter: each column of a turning sensor sees the person at its own time.

A person is a narrow sector of a turn, which passes in milliseconds. The body is posed at the
beginning and at the end of its sector, and every vertex moves linearly between both, to where it is
when the column that looks at it fires. The mesh so distorted is scanned as if it stood still.
Beams with an azimuth offset see an azimuth earlier or later than others, by up to a millisecond.
Their hits move along the ray with the velocity of the face.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.clip import Clip
from motiondata.inverse_trigonometry import arc_tangents
from motiondata.lidar.observer import Sweep
from motiondata.lidar.realism.fine_rays import real_sensor
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.sensor import Sensor

Floats = NDArray[np.float64]

MARGIN = 0.3
"""How far the surface reaches beyond the joints, horizontally, meters: hands, feet and clothes."""

WHOLE_TURN = 0.5
"""A joint within this horizontal distance of the sensor makes the sector a whole turn, meters."""


@dataclass(frozen=True)
class Shutter:
    """When the columns of a sensor fire."""

    seconds_per_turn: float
    """Time for a whole turn counterclockwise, seconds; negative for a sensor that turns clockwise,
    zero if the person stands still during a turn."""

    def times_of(self, azimuth: Floats) -> Floats:
        """Return when an azimuth (radians, from -pi to pi) is seen, seconds from mid-turn."""
        return azimuth * (self.seconds_per_turn / (2 * np.pi))


def shutter_of(sensor: Sensor, settings: Realism) -> Shutter:
    """Return the shutter of a sensor with the settings.

    The person stands still during a frame of a scan pattern, which looks at them again and again.
    """
    if sensor.pattern is not None:
        return Shutter(0.0)
    measured = real_sensor(sensor, settings).measurement
    seconds = settings.rolling_shutter / measured.turns_per_second
    return Shutter(-seconds if measured.clockwise else seconds)


def lags_of(sensor: Sensor, shutter: Shutter) -> Floats:
    """Return how much later than the azimuth of its hits each beam fires, (beams,), seconds."""
    return -shutter.times_of(sensor.azimuth_offset)


def sector_times(shutter: Shutter, joints: Floats) -> Floats:
    """Return when the ends of a person's sector are seen in each turn, shaped (2, frames), seconds.

    Times count from the middle of the turn; for a clockwise sensor, the first is the later one,
    and belongs to the lowest azimuth. `joints` is shaped (frames, joints, 3), sensor frame.
    A sector across the back of the sensor, where turns begin, is a whole turn.
    """
    x, y = joints[..., 0], joints[..., 1]
    middle = arc_tangents(y[:, :1], x[:, :1])
    azimuth = arc_tangents(y, x) - middle
    azimuth -= 2 * np.pi * np.floor(azimuth / (2 * np.pi) + 0.5)
    distance = np.sqrt((x * x + y * y).min(axis=1))
    margin = MARGIN / np.maximum(distance, WHOLE_TURN)
    low = middle[:, 0] + azimuth.min(axis=1) - margin
    high = middle[:, 0] + azimuth.max(axis=1) + margin
    whole = (distance < WHOLE_TURN) | (low < -np.pi) | (high > np.pi)
    ends = np.stack([np.where(whole, -np.pi, low), np.where(whole, np.pi, high)])
    return shutter.times_of(ends)


def sweep_of(times: Floats, clip_at: Callable[[Floats], Clip]) -> Sweep:
    """Return a person at the `sector_times`; `clip_at` moves the frames of their clip in time."""
    moments = [clip_at(seconds) for seconds in times]
    return Sweep(
        times,
        np.stack([moment.pose for moment in moments]),
        np.stack([moment.trans for moment in moments]),
    )
