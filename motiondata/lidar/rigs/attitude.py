"""Rotations by yaw, pitch and roll, and toward a point, with the same bits on every processor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.placement import compose
from motiondata.trigonometry import sines_and_cosines

Floats = NDArray[np.float64]

STRAIGHT_UP = 1e-9
"""A direction with a smaller horizontal part than this is vertical, and has no azimuth."""


@dataclass(frozen=True)
class Attitude:
    """A place and three angles on something that carries it: x forward, y left, z up.

    The rotation is yaw, then pitch, then roll, about the axes turned so far (ROS REP 103).
    """

    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Meters."""
    yaw_deg: float = 0.0
    """To the left."""
    pitch_deg: float = 0.0
    """Down: x turns toward -z."""
    roll_deg: float = 0.0
    """To the right: y turns toward z."""

    @property
    def transform(self) -> Floats:
        """The transform to the frame of the carrier, shaped (4, 4)."""
        placed = compose(
            _about(0, 1, self.yaw_deg),
            compose(_about(2, 0, self.pitch_deg), _about(1, 2, self.roll_deg)),
        )
        placed[:3, 3] = self.position
        return placed


def _about(first: int, second: int, degrees: float) -> Floats:
    """Return the rotation of one axis toward another, shaped (4, 4)."""
    sine, cosine = sine_and_cosine_of_degrees(degrees)
    transform = np.eye(4)
    transform[first, first] = transform[second, second] = cosine
    transform[second, first], transform[first, second] = sine, -sine
    return transform


def sine_and_cosine_of_degrees(degrees: float) -> tuple[float, float]:
    """Return the sine and cosine of an angle; those of quarter turns are exact."""
    quarters = np.floor(degrees / 90 + 0.5)
    sine, cosine = map(float, sines_and_cosines(np.radians(np.array(degrees - 90 * quarters))))
    turned = ((sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine))
    return turned[int(quarters) % 4]


def rotations_toward(directions: Floats, otherwise: Floats) -> Floats:
    """Return rotations, shaped (..., 3, 3), with x along directions, shaped (..., 3), y level.

    `otherwise`, shaped (..., 3, 3), has the rotation whose y axis is used for vertical directions.
    """
    lengths = np.sqrt(_dot(directions, directions))
    ahead = directions / np.where(lengths == 0, 1.0, lengths)
    left = np.stack([-ahead[..., 1], ahead[..., 0], np.zeros(ahead.shape[:-1])], axis=-1)
    level = np.sqrt(_dot(left, left))
    left = np.where(level > STRAIGHT_UP, left / np.maximum(level, STRAIGHT_UP), otherwise[..., 1])
    left = left - _dot(left, ahead) * ahead
    left = left / np.sqrt(_dot(left, left))
    seen = np.stack([ahead, left, np.cross(ahead, left)], axis=-1)
    return np.where(lengths[..., None] > 0, seen, otherwise)


def _dot(first: Floats, second: Floats) -> Floats:
    """Return the scalar product of vectors (..., 3), shaped (..., 1), as an explicit sum."""
    x, y, z = (first[..., axis] * second[..., axis] for axis in range(3))
    total: Floats = (x + y + z)[..., None]
    return total
