"""Rows of the network's input X, output Y and phase P, from a take.

Source: `generate_database.py` of Holden et al. 2017, in our own words. A row stands for a frame of
a cycle. Its window is two seconds around it. The last frame of a cycle has phase 1 and is also the
first one of the next cycle, with phase 0, as in the published rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.inverse_trigonometry import arc_tangents
from motiondata.representations.heading import smooth
from motiondata.representations.pfnn.layout import (
    HALF_FRAMES,
    STEP_FRAMES,
    X_COLUMNS,
    Y_COLUMNS,
)
from motiondata.representations.pfnn.skeleton import NUMBER
from motiondata.representations.pfnn.take import Take, contacts_of, floor_of
from motiondata.representations.sixd import multiply
from motiondata.rotations import rotmat_to_log

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Whole = NDArray[np.intp]

UNITS = {"cm": 100.0, "m": 1.0}
"""Units of length per meter, by name. PFNN's own rows are in centimeters."""
ASIDE_METERS = 0.25
"""Distance of the ground's samples to the left and to the right of the path."""

_BEHIND = np.arange(-HALF_FRAMES, HALF_FRAMES, STEP_FRAMES)
_AHEAD = np.arange(1, HALF_FRAMES + 1, STEP_FRAMES)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a take. All arrays have the same length."""

    x: Singles
    """Shaped (rows, 342)."""
    y: Singles
    """Shaped (rows, 311)."""
    phase: Singles
    """Shaped (rows,), from 0 to 1."""
    frames: Whole
    """The frame of the take that each row stands for, shaped (rows,)."""


@dataclass(frozen=True, eq=False)
class Facing:
    """Where a person faces: the horizontal unit vectors to the front, each shaped (frames,)."""

    x: Floats
    z: Floats

    def at(self, frames: Whole) -> "Facing":
        """Return those of some frames, with an axis for what they turn."""
        return Facing(self.x[frames, None], self.z[frames, None])

    def from_world(self, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Return horizontal vectors in the frame of a person, who faces +z."""
        return self.z * x - self.x * z, self.x * x + self.z * z

    def to_world(self, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Return horizontal vectors of the frame of a person in the world."""
        return self.z * x + self.x * z, self.z * z - self.x * x


def facing_of(joints: Floats) -> Facing:
    """Return where the hips and the shoulders face, smoothed; joints (frames, 31, 3)."""
    across = _from_right(joints, "Arm") + _from_right(joints, "UpLeg")
    x, y, z = np.moveaxis(across, -1, 0)
    length = _not_zero(np.sqrt(x * x + y * y + z * z))
    ahead = smooth(np.stack([-z / length, x / length]))
    level = _not_zero(np.sqrt(ahead[0] * ahead[0] + ahead[1] * ahead[1]))
    return Facing(ahead[0] / level, ahead[1] / level)


def _from_right(joints: Floats, name: str) -> Floats:
    vectors: Floats = joints[:, NUMBER[f"Left{name}"]] - joints[:, NUMBER[f"Right{name}"]]
    return vectors


def _not_zero(lengths: Floats) -> Floats:
    return np.where(lengths == 0, 1.0, lengths)


def usable_cycles(take: Take) -> list[tuple[int, int]]:
    """Return the cycles of a take that have a whole window on each side."""
    last = take.frames - HALF_FRAMES - 2
    return [cycle for cycle in take.cycles if cycle[0] >= HALF_FRAMES and cycle[1] <= last]


def make_rows(take: Take, unit: str = "cm") -> Rows:
    """Return the rows of all usable cycles of a take, in order; lengths are in `unit`.

    A take without such a cycle has no rows.
    """
    maker = _RowMaker(take)
    parts = [maker.cycle(*cycle, UNITS[unit]) for cycle in usable_cycles(take)]
    return join_rows(parts)


def join_rows(parts: Iterable[Rows]) -> Rows:
    """Return rows, one after the other."""
    parts = [_no_rows(), *parts]
    return Rows(
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.phase for part in parts]),
        np.concatenate([part.frames for part in parts]),
    )


def _no_rows() -> Rows:
    x, y = (np.empty((0, columns), np.float32) for columns in (X_COLUMNS, Y_COLUMNS))
    return Rows(x, y, np.empty(0, np.float32), np.empty(0, np.intp))


def _means(rows: Floats) -> Floats:
    """Return the mean of each row, shaped (rows,); that of equal values is exact."""
    first = rows[:, 0]
    total = np.zeros_like(first)
    for column in rows.T:  # in this order, so that bits do not depend on the processor
        total += column - first
    means: Floats = first + total / rows.shape[1]
    return means


class _RowMaker:
    """What all rows of a take are made from."""

    def __init__(self, take: Take) -> None:
        self.take, self.facing = take, facing_of(take.joints)
        self.contacts = contacts_of(take.joints)

    def cycle(self, first: int, last: int, scale: float) -> Rows:
        """Return the rows of a cycle."""
        frames = np.arange(first, last + 1)
        phase = self.take.phase[frames]
        phase[0], phase[-1] = 0.0, 1.0
        heights = self._heights(first, last)
        ground = _means(heights[1][frames[:, None] + _BEHIND - first + HALF_FRAMES])
        return Rows(
            np.concatenate(self._input(frames, heights, ground, scale), axis=1).astype(np.float32),
            np.concatenate(self._output(frames, ground, scale), axis=1).astype(np.float32),
            phase.astype(np.float32),
            frames,
        )

    def _input(self, frames: Whole, heights: Floats, ground: Floats, scale: float) -> list[Floats]:
        window = frames[:, None] + _BEHIND
        samples = window - frames[0] + HALF_FRAMES
        places = self._places(frames - 1)
        places[:, :, 1] -= ground[:, None]
        return [
            *(scale * axis for axis in self._path(frames, window)),
            *self._directions(frames, window),
            *np.moveaxis(self.take.gait[window], -1, 0),
            scale * places.reshape(len(frames), -1),
            scale * self._velocities(frames - 1).reshape(len(frames), -1),
            *(scale * (line[samples] - ground[:, None]) for line in heights),
        ]

    def _output(self, frames: Whole, ground: Floats, scale: float) -> list[Floats]:
        after, window = frames + 1, frames[:, None] + _AHEAD
        places = self._places(frames)
        places[:, :, 1] -= ground[:, None]
        velocities = self._velocities(frames)
        phases = self.take.phase
        return [
            scale * velocities[:, 0, ::2],
            self._turn(frames)[:, None],
            ((phases[after] - phases[frames]) % 1.0)[:, None],
            self.contacts[frames].astype(np.float64),
            *(scale * axis for axis in self._path(after, window)),
            *self._directions(after, window),
            scale * places.reshape(len(frames), -1),
            scale * velocities.reshape(len(frames), -1),
            self._logs(frames).reshape(len(frames), -1),
        ]

    def _path(self, frames: Whole, window: Whole) -> tuple[Floats, Floats]:
        """Return x and z of the hips in a window, in the frame of the person at `frames`."""
        x, z = self.take.joints[:, 0, 0], self.take.joints[:, 0, 2]
        moved = x[window] - x[frames, None], z[window] - z[frames, None]
        return self.facing.at(frames).from_world(*moved)

    def _directions(self, frames: Whole, window: Whole) -> tuple[Floats, Floats]:
        return self.facing.at(frames).from_world(self.facing.x[window], self.facing.z[window])

    def _places(self, frames: Whole) -> Floats:
        joints = self.take.joints[frames]
        joints[:, :, ::2] -= joints[:, :1, ::2]
        return self._in_person(frames, joints)

    def _velocities(self, frames: Whole) -> Floats:
        """Return the displacements of joints to the next frame."""
        joints = self.take.joints
        return self._in_person(frames, joints[frames + 1] - joints[frames])

    def _in_person(self, frames: Whole, vectors: Floats) -> Floats:
        x, z = self.facing.at(frames).from_world(vectors[..., 0], vectors[..., 2])
        return np.stack([x, vectors[..., 1], z], axis=-1)

    def _turn(self, frames: Whole) -> Floats:
        """Return the angle about y that keeps the person facing +z in the next frame, radians."""
        facing = self.facing
        x, z = facing.at(frames).from_world(facing.x[frames + 1, None], facing.z[frames + 1, None])
        return -arc_tangents(x, z)[:, 0]

    def _logs(self, frames: Whole) -> Floats:
        """Return the logarithms of the joints' quaternions: half of the axis-angle vectors."""
        x, z = self.facing.x[frames], self.facing.z[frames]
        front = np.zeros((len(frames), 1, 3, 3))
        front[:, 0, 0, 0] = front[:, 0, 2, 2] = z
        front[:, 0, 0, 2], front[:, 0, 2, 0], front[:, 0, 1, 1] = -x, x, 1.0
        return rotmat_to_log(multiply(front, self.take.rotations[frames]))

    def _heights(self, first: int, last: int) -> Floats:
        """Return the ground left of, at and right of the path in the windows of a cycle.

        Shaped (3, frames), from `HALF_FRAMES` before the cycle to as many after it, meters.
        """
        part = slice(first - HALF_FRAMES, last + HALF_FRAMES + 1)
        joints = self.take.joints[part]
        if self.take.terrain is None:
            return np.full((3, len(joints)), floor_of(joints, self.take.soles))
        facing = Facing(self.facing.x[part], self.facing.z[part])
        x, z = facing.to_world(np.full(len(joints), ASIDE_METERS), np.zeros(len(joints)))
        ways = [sign * np.stack([x, z], axis=1) for sign in (1.0, 0.0, -1.0)]
        return np.stack([self.take.terrain(joints[:, 0, ::2] + way) for way in ways])
