"""Angles on the grid of rays, as a GPU's kernels bound them: in float32, with margins.

Margins can only add rays to those that are tested, so the compiler may round here as it likes.
"""

import math
from typing import Any, TypeAlias

import numpy as np

from motiondata.lidar.cuda.jit import step

ANGLE_ERROR = np.float32(1e-5)
"""Bound in radians on the error of an azimuth in float32: several times what rounding can add."""

TANGENT_ERROR = np.float32(1e-5)
"""Bound on the error of a tangent, over one plus the tangent, likewise."""

WIDE = np.float32(2)
"""Span in radians from which a face, or a body, is taken to go all the way round the sensor."""

TINY = np.float32(1e-15)
"""Metres that keep a tangent finite, and steeper than any beam, over the sensor and under it."""

FAR, HALF, ZERO, ONE = np.float32(np.inf), np.float32(0.5), np.float32(0), np.float32(1)
TURN = np.float32(2 * np.pi)

Real: TypeAlias = Any
"""A float, of the width that the kernel gives it."""


@step
def tangent(x: Real, y: Real, z: Real) -> Real:
    """Return the tangent of the elevation of a point."""
    return np.float32(z / (np.float32(math.sqrt(x * x + y * y)) + TINY))


@step
def angle_between(start: Real, end: Real) -> Real:
    """Return the angle from one azimuth to another, within half a turn either way."""
    angle = np.float32(end - start)
    return np.float32(angle - TURN * np.float32(math.floor(angle / TURN + HALF)))


@step
def stretched(bottom: Real, top: Real, span: Real) -> Any:
    """Bound the tangents of a face by those of its corners; `span` is that of their azimuths.

    An edge bulges: the proof stands beside `_bounds` in `motiondata.lidar.cpu.candidates`.
    """
    stretch = ONE / np.float32(math.cos(HALF * span))
    bottom = bottom * stretch if bottom < ZERO else bottom
    top = top * stretch if top > ZERO else top
    return bottom - TANGENT_ERROR * (ONE + abs(bottom)), top + TANGENT_ERROR * (ONE + abs(top))


@step
def wrapped(column: int, columns: int) -> int:
    """Return the column, of those from zero on, that one up to two turns away is; no division."""
    column += columns if column < 0 else 0
    column += columns if column < 0 else 0
    return column - (columns if column >= columns else 0)
