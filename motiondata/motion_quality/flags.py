"""The measures of a clip, and its flags: what a person should look at. No flag removes a clip."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from motiondata.arrays import finite_array
from motiondata.motion_quality.feet import SoleHeights
from motiondata.motion_quality.limits import LIMITS
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
