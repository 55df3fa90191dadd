"""A take: a motion at 60 Hz with all that the network's rows are made from."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.representations.pfnn.footfalls import (
    cycles_of,
    cycles_of_phase,
    find_footfalls,
    footfalls_to_phase,
)
from motiondata.representations.pfnn.gaits import find_gaits
from motiondata.representations.pfnn.layout import FPS
from motiondata.representations.pfnn.skeleton import LEFT_FOOT, MIRRORED, RIGHT_FOOT
from motiondata.representations.sixd import multiply

Floats = NDArray[np.float64]

Terrain = Callable[[Floats], Floats]
"""Returns the heights of the ground, shaped (points,), meters, at points (x, z), (points, 2)."""

_ACROSS = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Soles:
    """How high the joints of a flat foot are above the ground, meters."""

    heel: float = 0.05
    toe: float = 0.04
    """The defaults are those of PFNN's script for its skeleton."""


@dataclass(frozen=True, eq=False)
class Take:
    """A motion at 60 Hz, y up, meters."""

    joints: Floats
    """Places of the 31 joints, shaped (frames, 31, 3)."""
    rotations: Floats
    """World rotations of the joints, shaped (frames, 31, 3, 3)."""
    phase: Floats
    """Shaped (frames,), from 0 to 1: 0 where the right foot touches the ground, 0.5 the left."""
    gait: Floats
    """Weights of the six gaits, shaped (frames, 6)."""
    cycles: tuple[tuple[int, int], ...]
    """The first and the last frame of the cycles that become rows."""
    soles: Soles = Soles()
    terrain: Terrain | None = None
    """The ground; None for a flat floor, whose height is that of the feet that stand on it."""

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.joints)


def label_take(
    joints: Floats,
    rotations: Floats,
    standing: float,
    soles: Soles,
    terrain: Terrain | None = None,
) -> Take:
    """Return a take whose phase is that of its footfalls, and whose gaits are found.

    `joints` and `rotations` are as in `Take`; `standing` is the height of the head when standing.
    """
    footfalls = find_footfalls(joints, LEFT_FOOT, RIGHT_FOOT, FPS)
    phase = footfalls_to_phase(footfalls, len(joints))
    level = joints.copy()
    level[..., 1] -= _floors(joints, soles, terrain)
    gait = find_gaits(level, standing)
    return Take(joints, rotations, phase, gait, cycles_of(footfalls), soles, terrain)


def _floors(joints: Floats, soles: Soles, terrain: Terrain | None) -> Floats:
    """Return the height of the ground below the hips, broadcast to (frames, 1)."""
    if terrain is None:
        return np.full((len(joints), 1), floor_of(joints, soles))
    return terrain(joints[:, 0, ::2])[:, None]


def floor_of(joints: Floats, soles: Soles) -> float:
    """Return the mean height of the ground below the joints of feet that are in contact, meters.

    `joints` are shaped (frames, 31, 3). Without contacts it is 0.
    """
    holds = contacts_of(joints)
    down = np.array([soles.heel, soles.toe] * 2)
    heights = joints[: len(holds), [*LEFT_FOOT, *RIGHT_FOOT], 1] - down
    count = int(holds.sum())
    return float(np.cumsum(heights[holds])[-1] / count) if count else 0.0


CONTACT = 0.02e-4
"""A joint of a foot is in contact if its squared displacement in 1/60 s is less, square meters.

It is 0.02 square centimeters in PFNN's script: 8.5 cm/s.
"""


def contacts_of(joints: Floats) -> NDArray[np.bool_]:
    """Return which joints of the feet are in contact, shaped (frames, 4).

    The columns are left heel, left toe, right heel, right toe. The last frame is as the one before.
    """
    if len(joints) < 2:
        return np.zeros((len(joints), 4), bool)
    steps = np.diff(joints[:, [*LEFT_FOOT, *RIGHT_FOOT]], axis=0)
    x, y, z = np.moveaxis(steps * steps, -1, 0)
    holds = x + y + z < CONTACT
    return np.concatenate([holds, holds[-1:]])


def mirror_take(take: Take) -> Take:
    """Return the take as seen in a mirror: left and right are exchanged, x is negated.

    Cycles stay where they are, and begin with the left foot then, see `swap_cycles`. A terrain is
    mirrored, too.
    """
    turn = np.diag(_ACROSS)
    terrain = take.terrain
    mirrored = None if terrain is None else (lambda at: terrain(at * np.array([-1.0, 1.0])))
    return replace(
        take,
        joints=take.joints[:, MIRRORED] * _ACROSS,
        rotations=multiply(multiply(turn, take.rotations[:, MIRRORED]), turn),
        phase=(take.phase + 0.5) % 1.0,
        terrain=mirrored,
    )


def swap_cycles(take: Take) -> Take:
    """Return a mirrored take with cycles that begin with its right foot again.

    They are within the cycles that it had.
    """
    covered = np.zeros(take.frames, bool)
    for first, last in take.cycles:
        covered[first : last + 1] = True
    found = cycles_of_phase(take.phase)
    cycles = tuple(pair for pair in found if covered[pair[0] : pair[1] + 1].all())
    return replace(take, cycles=cycles)
