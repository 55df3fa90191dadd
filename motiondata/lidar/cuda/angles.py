"""Bounds on angles on the grid of rays for the GPU kernels: in float32, with margins.

Margins can only add rays to test, so rounding in this module does not affect results.
"""

import math
from typing import Any, TypeAlias

import numpy as np

from motiondata.lidar.cuda.jit import step

ANGLE_ERROR = np.float32(1e-5)
"""Bound on the error of an azimuth in float32, radians: several times the rounding error."""

TANGENT_ERROR = np.float32(1e-5)
"""Bound on the error of a tangent divided by (1 + tangent): several times the rounding error."""

WIDE = np.float32(2)
"""The azimuth span from which a face, or a body, is treated as surrounding the sensor, radians."""

TINY = np.float32(1e-15)
"""A distance, in meters, that keeps tangents above and below the sensor finite but steeper than any
beam."""

FAR, HALF, ZERO, ONE = np.float32(np.inf), np.float32(0.5), np.float32(0), np.float32(1)
TURN = np.float32(2 * np.pi)

Real: TypeAlias = Any
"""A float32 or float64, depending on the caller."""


@step
def tangent(x: Real, y: Real, z: Real) -> Real:
    """Return the tangent of the elevation of a point."""
    return np.float32(z / (np.float32(math.sqrt(x * x + y * y)) + TINY))


@step
def angle_between(start: Real, end: Real) -> Real:
    """Return the angle from one azimuth to another, between minus and plus half a turn."""
    angle = np.float32(end - start)
    return np.float32(angle - TURN * np.float32(math.floor(angle / TURN + HALF)))


@step
def stretched(bottom: Real, top: Real, span: Real) -> Any:
    """Bound the tangents of a face from those of its corners, whose azimuths span `span` radians.

    The elevation along an edge can exceed that of its ends: see the proof in
    `motiondata.lidar.cpu.candidates._bounds`.
    """
    stretch = ONE / np.float32(math.cos(HALF * span))
    bottom = bottom * stretch if bottom < ZERO else bottom
    top = top * stretch if top > ZERO else top
    return bottom - TANGENT_ERROR * (ONE + abs(bottom)), top + TANGENT_ERROR * (ONE + abs(top))


@step
def wrapped(column: int, columns: int) -> int:
    """Return a column modulo `columns`, for two turns below to one turn above, without division."""
    column += columns if column < 0 else 0
    column += columns if column < 0 else 0
    return column - (columns if column >= columns else 0)
