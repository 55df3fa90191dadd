"""Where a vehicle is in time: along a recorded path, or with a constant speed and turn rate."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from motiondata.inverse_trigonometry import arc_tangents
from motiondata.trigonometry import sines_and_cosines

Floats = NDArray[np.float64]

NEAR_ZERO = 1e-9
"""Angles below this value, radians, are interpolated linearly."""


class Motion(Protocol):
    """The motion of a vehicle."""

    @property
    def moves(self) -> bool:
        """Whether the vehicle changes its place or direction."""

    @property
    def content(self) -> bytes:
        """What was read of files other than that of the sensors, for a hash."""

    def transforms(self, seconds: Floats) -> Floats:
        """Return where the vehicle is, shaped (moments, 4, 4), relative to its place in the file.

        `seconds`, shaped (moments,), count from the clip's first frame.
        """


@dataclass(frozen=True)
class SteadyMotion:
    """A level arc or straight line: x forward, y left, z up."""

    speed: float
    """Forward, meters per second."""
    turn_deg: float
    """To the left, degrees per second."""

    @property
    def moves(self) -> bool:
        """Whether the vehicle changes its place or direction."""
        return bool(self.speed or self.turn_deg)

    @property
    def content(self) -> bytes:
        """Nothing."""
        return b""

    def transforms(self, seconds: Floats) -> Floats:
        """Return where the vehicle is at each moment; see `Motion`."""
        half = np.radians(self.turn_deg) * seconds / 2
        sines, cosines = sines_and_cosines(half)
        chord = self.speed * seconds * np.where(half == 0, 1.0, sines / np.where(half, half, 1.0))
        placed = np.zeros((len(seconds), 4, 4))
        placed[:, 0, 3], placed[:, 1, 3] = chord * cosines, chord * sines
        sines, cosines = sines_and_cosines(2 * half)
        placed[:, 0, 0] = placed[:, 1, 1] = cosines
        placed[:, 1, 0], placed[:, 0, 1] = sines, -sines
        placed[:, 2, 2] = placed[:, 3, 3] = 1
        return placed


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Poses in time. Before the first and after the last one, the vehicle stands still."""

    seconds: Floats
    """From the first pose on, increasing, shaped (poses,)."""
    positions: Floats
    """Shaped (poses, 3), meters."""
    quaternions: Floats
    """Unit quaternions with w first, shaped (poses, 4)."""

    @property
    def moves(self) -> bool:
        """Whether the vehicle changes its place or direction."""
        return len(self.seconds) > 1

    @property
    def content(self) -> bytes:
        """The poses."""
        return np.column_stack([self.seconds, self.positions, self.quaternions]).tobytes()

    def transforms(self, seconds: Floats) -> Floats:
        """Interpolate between the poses: rotations by slerp, positions linearly; see `Motion`."""
        last = len(self.seconds) - 1
        after = np.clip(np.searchsorted(self.seconds, seconds, side="right"), min(1, last), last)
        before = np.maximum(after - 1, 0)
        start, end = self.seconds[before], self.seconds[after]
        share = np.clip((seconds - start) / np.where(end > start, end - start, 1.0), 0.0, 1.0)
        placed = np.zeros((len(seconds), 4, 4))
        first = self.positions[before]
        placed[:, :3, 3] = first + share[:, None] * (self.positions[after] - first)
        placed[:, :3, :3] = quaternion_to_rotmat(
            slerp(self.quaternions[before], self.quaternions[after], share)
        )
        placed[:, 3, 3] = 1
        return placed


def slerp(start: Floats, end: Floats, share: Floats) -> Floats:
    """Return unit quaternions on the shortest ways, (moments, 4), at shares from 0 to 1."""
    cosine = _dot(start, end)
    end = np.where(cosine[:, None] < 0, -end, end)
    cosine = np.abs(cosine)
    across = end - cosine[:, None] * start
    sine = np.sqrt(_dot(across, across))
    angle = arc_tangents(sine, cosine)
    small = sine < NEAR_ZERO
    scale = np.where(small, 1.0, sine)
    first = np.where(small, 1 - share, sines_and_cosines((1 - share) * angle)[0] / scale)
    last = np.where(small, share, sines_and_cosines(share * angle)[0] / scale)
    found = first[:, None] * start + last[:, None] * end
    return np.asarray(found / np.sqrt(_dot(found, found))[:, None])


def quaternion_to_rotmat(quaternions: Floats) -> Floats:
    """Convert unit quaternions, w first, shaped (..., 4), to matrices shaped (..., 3, 3)."""
    w, x, y, z = np.moveaxis(quaternions, -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _dot(first: Floats, second: Floats) -> Floats:
    w, x, y, z = (first[..., axis] * second[..., axis] for axis in range(4))
    total: Floats = w + x + y + z
    return total
