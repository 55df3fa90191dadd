"""The ranges of a person's joints, as bounds on the local rotations of SMPL's joints.

A bound is on a component of 2 sin(angle / 2) times the axis, which has no jump below half a turn.
The bounds are wide: they keep knees and elbows from bending the wrong way, and leave the rest to
the positions. Source of the ranges: normal ranges of motion (Kapandji, The Physiology of the
Joints), widened by about a third, and rounded.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINT, JOINTS

Floats = NDArray[np.float64]

FREE = 400.0
"""Degrees; no bound."""

_SPINE = ((-35.0, 50.0), (-40.0, 40.0), (-40.0, 40.0))
RANGES_DEG = {
    "spine1": _SPINE,
    "spine2": _SPINE,
    "spine3": _SPINE,
    "neck": ((-70.0, 70.0), (-80.0, 80.0), (-60.0, 60.0)),
    "left_knee": ((-4.0, 165.0), (-30.0, 30.0), (-15.0, 15.0)),
    "right_knee": ((-4.0, 165.0), (-30.0, 30.0), (-15.0, 15.0)),
    "left_elbow": ((-90.0, 90.0), (-165.0, 4.0), (-20.0, 20.0)),
    "right_elbow": ((-90.0, 90.0), (-4.0, 165.0), (-20.0, 20.0)),
    "left_ankle": ((-80.0, 60.0), (-50.0, 50.0), (-50.0, 50.0)),
    "right_ankle": ((-80.0, 60.0), (-50.0, 50.0), (-50.0, 50.0)),
}
"""The ranges about x, y and z of the rest pose (y up, facing +z, arms along x), degrees."""


def bounds() -> Floats:
    """Return the lowest and the highest values, shaped (2, 22, 3), as 2 sin(angle / 2)."""
    degrees = np.full((JOINTS, 3, 2), (-FREE, FREE))
    for name, ranges in RANGES_DEG.items():
        degrees[JOINT[name]] = ranges
    limits = 2.0 * np.sin(np.radians(np.clip(degrees, -180.0, 180.0)) / 2.0)
    limits[np.abs(degrees) == FREE] *= FREE
    return np.ascontiguousarray(np.moveaxis(limits, -1, 0))
