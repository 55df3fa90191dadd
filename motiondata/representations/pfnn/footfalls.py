"""When the feet touch the ground, and the phase of a gait that follows from it.

The phase is 0 where the right foot touches the ground, 0.5 where the left one does, and linear
between, as in the data of Holden et al. 2017. There, people corrected the contacts by hand.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]

LIFT_SPEED = 0.5
"""Speed above which a foot is in the air, m/s; the slower one of ankle and toe counts."""
LAND_SPEED = 0.3
"""Speed below which a foot can touch the ground, m/s. A foot that rolls from heel to toe has one
slow joint. On PFNN's published steps, 0.2 to 0.4 gives the same steps."""
STILL_SPEED = 0.005
"""Speed below which a foot stands, m/s: a synthetic foot that lands on its toes stops slowly."""
LEAST_CYCLE_SECONDS = 0.25
"""Time within which a foot cannot land again: it rolls from heel to toe instead."""
LEAST_STEP_SECONDS = 0.12
"""Time within which a second footfall is one with the first: both feet of a jump land together."""


class Footfalls(NamedTuple):
    """The frames at which feet touch the ground, in order, each shaped (steps,)."""

    frames: Whole
    is_left: NDArray[np.bool_]


def foot_speeds(joints: Floats, feet: tuple[int, int], fps: float) -> Floats:
    """Return the speed of the slower joint of a foot, shaped (frames - 1,), m/s.

    `joints` are shaped (frames, joints, 3), meters.
    """
    steps = np.diff(joints[:, feet], axis=0)
    x, y, z = np.moveaxis(steps * steps, -1, 0)
    speeds: Floats = np.sqrt(x + y + z).min(axis=1) * fps
    return speeds


def find_landings(speeds: Floats) -> Whole:
    """Return the frames at which a foot stops after it was in the air, in order.

    The foot stops at the first minimum of its speed below `LAND_SPEED`, or where it stands still.
    `speeds` are shaped (frames - 1,), m/s.
    """
    before, here, after = speeds[:-2], speeds[1:-1], speeds[2:]
    is_least = (here < LAND_SPEED) & (here <= before) & (here < after)
    stops = np.flatnonzero(is_least | (here < STILL_SPEED)) + 1
    slows = np.flatnonzero((speeds[:-1] > LIFT_SPEED) & (speeds[1:] <= LIFT_SPEED)) + 1
    found = np.searchsorted(stops, slows)
    landings = np.unique(stops[found[found < len(stops)]])
    # The speed is that between two frames; the slower side of it is where the foot stands.
    return landings + (speeds[landings - 1] > speeds[landings + 1])


def find_footfalls(
    joints: Floats, left: tuple[int, int], right: tuple[int, int], fps: float
) -> Footfalls:
    """Return the footfalls of a motion. `left` and `right` are the joints of the feet.

    Of footfalls within `LEAST_STEP_SECONDS`, the first one counts, and the right one of two at the
    same frame.
    """
    if len(joints) < 4:
        return Footfalls(np.empty(0, np.intp), np.empty(0, bool))
    every = [find_landings(foot_speeds(joints, feet, fps)) for feet in (right, left)]
    landed = [frames[_spaced(frames, LEAST_CYCLE_SECONDS * fps)] for frames in every]
    frames = np.concatenate(landed)
    is_left = np.repeat([False, True], [len(each) for each in landed])
    order = np.argsort(frames, kind="stable")
    frames, is_left = frames[order], is_left[order]
    kept = _spaced(frames, LEAST_STEP_SECONDS * fps)
    return Footfalls(frames[kept], is_left[kept])


def _spaced(frames: Whole, least: float) -> list[int]:
    kept: list[int] = []
    for number, frame in enumerate(frames.tolist()):
        if not kept or frame - frames[kept[-1]] >= least:
            kept.append(number)
    return kept


def footfalls_to_phase(footfalls: Footfalls, frames: int) -> Floats:
    """Return the phase of each frame, shaped (frames,), from 0 up to, but not including, 1.

    It is 0 before the first footfall and after the last one, as in PFNN's data. Between two
    footfalls of the same foot it makes a whole cycle.
    """
    phase = np.zeros(frames)
    if len(footfalls.frames) < 2:
        return phase
    at = footfalls.frames
    half_cycles = 1 + (footfalls.is_left[1:] == footfalls.is_left[:-1])
    turns = np.concatenate([[0], np.cumsum(half_cycles)]) / 2 + footfalls.is_left[0] / 2
    inside = np.arange(at[0], at[-1] + 1)
    step = np.minimum(np.searchsorted(at, inside, side="right"), len(at) - 1) - 1
    share = (inside - at[step]) / (at[step + 1] - at[step])
    phase[inside] = (turns[step] + share * (turns[step + 1] - turns[step])) % 1.0
    return phase


def cycles_of_phase(phase: Floats) -> tuple[tuple[int, int], ...]:
    """Return the first and the last frame of each cycle of a given phase, shaped (frames,).

    A cycle begins where the phase falls from near 1, or leaves 0. Where it stays 0, there is none.
    """
    falls = np.flatnonzero(np.diff(phase) < -0.5) + 1
    leaves = np.flatnonzero((phase[:-1] == 0) & (phase[1:] > 0))
    starts = np.union1d(falls, leaves).tolist()
    return tuple(pair for pair in pairwise(starts) if phase[pair[0] : pair[1]].max() > 0.5)


def cycles_of(footfalls: Footfalls) -> tuple[tuple[int, int], ...]:
    """Return the first and the last frame of each cycle, from one right footfall to the next."""
    right = footfalls.frames[~footfalls.is_left].tolist()
    return tuple(pairwise(right))
