"""The limits of the measures, and the flags of a clip: what a person should look at.

A flag never removes a clip. Limits are chosen so that recorded and synthetic motion exceeds them
only where a person can see why. `python -m benchmarks.motion_quality.measure` measures sound clips
and clips with faults.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from motiondata.arrays import finite_array
from motiondata.motion_quality.feet import SoleHeights
from motiondata.motion_quality.measures import (
    body_penetration,
    floating,
    foot_penetration,
    foot_skating,
    frame_jump,
    jitter,
    t_pose,
    treadmill,
)
from motiondata.skeletons import JOINTS

DIGITS = 4
"""Measures are rounded to this number of significant digits."""


@dataclass(frozen=True)
class Limit:
    """The limit above which a measure is a flag."""

    value: float
    unit: str
    reason: str
    """Why this value; docs/representations.md has the sources and the measured values."""


LIMITS: Mapping[str, Limit] = {
    "foot_skating": Limit(
        0.1, "share of the time with standing feet", "twice the highest of sound clips"
    ),
    "foot_penetration": Limit(0.06, "m", "bodies fitted to CMU's trials sink in by less"),
    "body_penetration": Limit(0.03, "m", "the skin is then 4.7 cm or more below the floor"),
    "floating": Limit(1.0, "s", "a flight of one second is a jump of 1.2 m"),
    "frame_jump": Limit(80.0, "m/s^2", "8 g, over three times the highest of sound clips"),
    "jitter": Limit(0.003, "m", "optical motion capture is off by less than 2 mm"),
    "treadmill": Limit(0.3, "m/s", "four times the highest of sound clips"),
    "t_pose": Limit(0.5, "s", "gestures of sound clips hold it for less"),
}
"""The limits by the name of their measure, which is also the name of the flag."""


def measure_quality(joints: ArrayLike, fps: float, soles: SoleHeights) -> dict[str, float]:
    """Return all measures of a clip by name, in the order of `LIMITS`, rounded.

    `joints` are shaped (frames, 22, 3), AMASS's world, meters. `fps` is in Hz. A clip of one frame
    has no movement. Raises `InputError` for other shapes and values that are not finite.
    """
    clip = finite_array(joints, "joints", ("frames", JOINTS, 3))
    if len(clip) == 0:
        return dict.fromkeys(LIMITS, 0.0)
    values = (
        foot_skating(clip, fps, soles),
        foot_penetration(clip, soles),
        body_penetration(clip),
        floating(clip, fps),
        frame_jump(clip, fps),
        jitter(clip),
        treadmill(clip, fps, soles),
        t_pose(clip, fps),
    )
    return {name: _rounded(value) for name, value in zip(LIMITS, values, strict=True)}


def quality_flags(measures: Mapping[str, float]) -> tuple[str, ...]:
    """Return the names of the measures that exceed their limits, in the order of `LIMITS`."""
    return tuple(name for name, limit in LIMITS.items() if measures[name] > limit.value)


def _rounded(value: float) -> float:
    return float(np.format_float_positional(value, DIGITS, unique=False, fractional=False))
