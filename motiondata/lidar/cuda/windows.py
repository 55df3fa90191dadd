"""The window of a frame: the rays that can hit its body, few enough to fit in shared memory.

The vertices are distributed over the threads of a block, which then combine their results.
"""

import math
from typing import Any

import numpy as np
from numba import cuda, int64

from motiondata.lidar.cuda.angles import (
    ANGLE_ERROR,
    FAR,
    TURN,
    WIDE,
    ZERO,
    Real,
    angle_between,
    stretched,
    tangent,
    wrapped,
)
from motiondata.lidar.cuda.fields import NOT_FINITE, Rays, SharedScratch, Window
from motiondata.lidar.cuda.jit import step

NO_HIT = 2**63 - 1
"""The key of a ray without a hit: larger than all other keys."""

LAST = 2**31 - 1
"""A number larger than that of any beam."""


@step
def find_window(vertices: Any, rays: Rays, board: SharedScratch) -> Window:
    """Return the window of a body; it has `NOT_FINITE` columns if a vertex is not finite."""
    reference = math.atan2(vertices[0, 1], vertices[0, 0])
    low, high, bottom, top = _bounds_of_vertices(vertices, reference, board.reals)
    if high == FAR:
        return Window(ZERO, NOT_FINITE, 0, 0)
    span, columns = high - low, rays.directions.shape[1]
    if span > WIDE:
        bottom, top = -FAR, FAR
    else:
        bottom, top = stretched(bottom, top, span)
        columns_per_radian = np.float32(columns) / TURN
        columns = min(columns, int((span + np.float32(6) * ANGLE_ERROR) * columns_per_radian) + 2)
    first, last = _bounds_of_beams(rays, bottom, top, board.wholes[0])
    start = np.float32(reference + low - np.float32(3) * ANGLE_ERROR)
    return Window(start, columns, first, max(0, last + 1 - first))


@step
def _bounds_of_vertices(vertices: Any, reference: Real, bounds: Any) -> Any:
    """Bound the azimuths, relative to a reference, and the elevation tangents of all vertices.

    The upper bound of the azimuths is infinite if a vertex is not finite.
    """
    thread = cuda.threadIdx.x
    low, high, bottom, top = FAR, -FAR, FAR, -FAR
    for vertex in range(thread, len(vertices), cuda.blockDim.x):
        x, y, z = vertices[vertex, 0], vertices[vertex, 1], vertices[vertex, 2]
        if x * x + y * y + z * z < FAR:
            azimuth, steepness = angle_between(reference, math.atan2(y, x)), tangent(x, y, z)
            low, high = min(low, azimuth), max(high, azimuth)
            bottom, top = min(bottom, steepness), max(top, steepness)
        else:
            high = FAR
    bounds[0, thread], bounds[1, thread] = low, high
    bounds[2, thread], bounds[3, thread] = bottom, top
    cuda.syncthreads()
    for other in range(cuda.blockDim.x):
        low, high = min(low, bounds[0, other]), max(high, bounds[1, other])
        bottom, top = min(bottom, bounds[2, other]), max(top, bounds[3, other])
    cuda.syncthreads()
    return low, high, bottom, top


@step
def _bounds_of_beams(rays: Rays, bottom: Real, top: Real, bounds: Any) -> Any:
    """Return the lowest and the highest number of the beams between two tangents."""
    if cuda.threadIdx.x == 0:
        bounds[0], bounds[1] = LAST, -1
    cuda.syncthreads()
    for beam in range(cuda.threadIdx.x, len(rays.beams), cuda.blockDim.x):
        if bottom <= rays.tangents[beam] <= top:
            cuda.atomic.min(bounds, 0, rays.beams[beam])
            cuda.atomic.max(bounds, 1, rays.beams[beam])
    cuda.syncthreads()
    return bounds[0], bounds[1]


@step
def clear(keys: Any, window: Window) -> None:
    """Remove all hits from a window."""
    for cell in range(cuda.threadIdx.x, window.columns * window.beams, cuda.blockDim.x):
        keys[cell] = NO_HIT
    cuda.syncthreads()


@step
def first_column(window: Window, rays: Rays, beam: int) -> int:
    """Return the first column of the window in a beam."""
    columns = rays.directions.shape[1]
    columns_per_radian = np.float32(columns) / TURN
    first = int64(math.ceil((window.start - rays.offsets[beam]) * columns_per_radian))
    return wrapped(first, columns)
