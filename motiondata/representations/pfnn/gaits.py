"""Weights of gaits: those of PFNN's files, merged, or found by speed and posture.

PFNN's gaits were labeled by hand, and change linearly within 0.7 s. Source: its data.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.representations.heading import smooth
from motiondata.representations.pfnn.footfalls import LIFT_SPEED, foot_speeds
from motiondata.representations.pfnn.layout import FPS, GAITS
from motiondata.representations.pfnn.skeleton import HEAD, LEFT_FOOT, RIGHT_FOOT
from motiondata.true_runs import true_runs

Floats = NDArray[np.float64]

MERGED = ((0,), (1,), (2, 3), (4, 6), (5,), (7,))
"""The columns of a `.gait` file that make each gait of the network, as its script adds them."""
CROUCH = GAITS.index("crouch_crawl")

STAND_SPEED = 0.3
"""Speed of the hips below which a person stands, m/s."""
FLIGHT_SECONDS = 0.5
"""A person runs within this time of a flight: a moment with both feet in the air. Of the cycles of
PFNN's take of jogging, 18 of 20 have a flight; synthetic walks have none."""
JUMP_SECONDS = 0.25
"""A longer flight is a jump; the longest in PFNN's take of jogging is 0.15 s."""
CHANGE_FRAMES = 42
"""Frames in which a gait changes to another: 84 at 120 Hz in PFNN's files."""
CROUCH_METERS = (0.8, 1.3)
"""Heights of the head where a person of PFNN's data crouches, and where not at all."""
STANDING_HEAD_METERS = 1.42
"""Height of the head of the person of PFNN's data when standing; others crouch in proportion."""


def merge_gaits(gait: Floats) -> Floats:
    """Return the six gaits of the network, (frames, 6), of the eight of a file, (frames, 8)."""
    return np.stack([gait[:, list(columns)].sum(axis=1) for columns in MERGED], axis=1)


def crouching(heads: Floats, standing: float = STANDING_HEAD_METERS) -> Floats:
    """Return how much a person crouches, from 0 to 1, by the height of the head above the floor.

    `heads` and the result are shaped (frames,); `standing` is the height when standing, meters.
    """
    low, high = (height * standing / STANDING_HEAD_METERS for height in CROUCH_METERS)
    crouched: Floats = 1.0 - np.clip((heads - low) / (high - low), 0.0, 1.0)
    return crouched


def find_gaits(joints: Floats, standing: float) -> Floats:
    """Return weights of gaits, shaped (frames, 6), that sum to 1.

    `joints` are PFNN's, shaped (frames, 31, 3), meters, y up, on a floor at 0, at 60 Hz;
    `standing` is the height of the head when standing. The gait `unknown` is never found.
    """
    flies = _flies(joints)
    jumps = _jumps(flies)
    flights = _near(flies & ~jumps, round(FLIGHT_SECONDS * FPS))
    moves = hip_speeds(joints) > STAND_SPEED
    names = np.where(jumps, GAITS.index("jump"), np.where(flights & moves, GAITS.index("jog_run"),
                     np.where(moves, GAITS.index("walk"), GAITS.index("stand"))))  # fmt: skip
    weights = _eased(np.eye(len(GAITS))[names])
    crouched = crouching(joints[:, HEAD, 1], standing)[:, None]
    weights *= 1.0 - crouched
    weights[:, CROUCH] += crouched[:, 0]
    return weights


def hip_speeds(joints: Floats) -> Floats:
    """Return the horizontal speed of the smoothed path of the hips, shaped (frames,), m/s."""
    if len(joints) < 2:
        return np.zeros(len(joints))
    x, z = np.gradient(smooth(joints[:, 0, ::2].T), axis=1)
    speeds: Floats = np.sqrt(x * x + z * z) * FPS
    return speeds


def _flies(joints: Floats) -> NDArray[np.bool_]:
    """Return in which frames both feet are in the air, shaped (frames,)."""
    if len(joints) < 2:
        return np.zeros(len(joints), bool)
    left, right = (foot_speeds(joints, feet, FPS) for feet in (LEFT_FOOT, RIGHT_FOOT))
    flies = np.minimum(left, right) > LIFT_SPEED
    return np.append(flies, flies[-1])


def _jumps(flies: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the frames of long flights."""
    jumps = np.zeros(len(flies), bool)
    for flight in true_runs(flies):
        jumps[flight.start : flight.stop] = len(flight) > JUMP_SECONDS * FPS
    return jumps


def _near(holds: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
    """Return the frames within some frames of one in which something holds."""
    counts = np.concatenate([[0], np.cumsum(holds)])
    at = np.arange(len(holds))
    last = np.minimum(at + frames + 1, len(holds))
    near: NDArray[np.bool_] = counts[last] > counts[np.maximum(at - frames, 0)]
    return near


def _eased(weights: Floats) -> Floats:
    """Return the mean of the weights over `CHANGE_FRAMES`; those of the ends are repeated."""
    half = CHANGE_FRAMES // 2
    padded = np.pad(weights, ((half + 1, half), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0)
    eased: Floats = (sums[2 * half :] - sums[: -2 * half])[: len(weights)] / (2 * half)
    return eased
