"""Farthest point sampling of a frame's hits in place, by one block of threads.

The order is the same as on the CPU (`motiondata.lidar.cpu.sampling`): squares are rounded in the
same way, and the first of equally far points is chosen.
"""

from typing import Any

import numpy as np
from numba import cuda, int64

from motiondata.lidar.cuda.angles import FAR, HALF, ZERO, Real
from motiondata.lidar.cuda.fields import Memory
from motiondata.lidar.cuda.jit import float_bits, step, times32

GROUP = 16
"""Threads whose results one thread combines: about the square root of their number."""

CHOSEN, NOTHING = np.float32(-1), np.float32(-2)
"""The gap of a chosen point, and the gap that stands for no point."""

LAST = 2**31 - 1
"""A number larger than the index of any point, with all bits set."""

NO_PART = np.uint8(255)
"""The part of the points of a frame without hits."""


@step
def sample(memory: Memory, hits: int, kept: int, parts: Any, points: Any, kept_parts: Any) -> None:
    """Write `kept` points in farthest point order, then repeats; zeros if there are no hits."""
    distinct = min(hits, kept)
    if hits > 0:
        _order_points(memory, hits, distinct)
    for place in range(cuda.threadIdx.x, kept, cuda.blockDim.x):
        if hits > 0:
            point = memory.window[place % distinct]
            points[place, 0], points[place, 1] = memory.x[point], memory.y[point]
            points[place, 2], kept_parts[place] = memory.z[point], parts[memory.face[point]]
        else:
            points[place, 0], points[place, 1], points[place, 2] = ZERO, ZERO, ZERO
            kept_parts[place] = NO_PART


@step
def _order_points(memory: Memory, hits: int, distinct: int) -> None:
    """Write the indices of the points to keep, in order, to the window, which is no longer needed.

    They are not written to the result here, because the next step would have to wait for this.
    """
    point = _first_point(memory, hits)
    for place in range(distinct):
        if place > 0:
            point = _next_point(memory, hits, point)
        if cuda.threadIdx.x == 0:
            memory.window[place] = point
    cuda.syncthreads()


@step
def _first_point(memory: Memory, hits: int) -> int:
    """Return the point farthest from the center of the bounding box."""
    bounds = memory.board.reals
    x, y = _middle(memory.x, hits, bounds), _middle(memory.y, hits, bounds)
    z = _middle(memory.z, hits, bounds)
    widest, first = NOTHING, 0
    for point in range(cuda.threadIdx.x, hits, cuda.blockDim.x):
        square = _square(memory, point, x, y, z)
        memory.gap[point] = FAR
        if square > widest:
            widest, first = square, point
    return _first_of_widest(widest, first, memory.board.wholes)


@step
def _middle(values: Any, count: int, bounds: Any) -> Real:
    """Return the midpoint of the minimum and the maximum of the first `count` values."""
    thread = cuda.threadIdx.x
    low, high = FAR, -FAR
    for place in range(thread, count, cuda.blockDim.x):
        low, high = min(low, values[place]), max(high, values[place])
    bounds[0, thread], bounds[1, thread] = low, high
    cuda.syncthreads()
    for other in range(cuda.blockDim.x):
        low, high = min(low, bounds[0, other]), max(high, bounds[1, other])
    cuda.syncthreads()
    return np.float32(HALF * (low + high))


@step
def _next_point(memory: Memory, hits: int, chosen: int) -> int:
    """Update the gaps for a chosen point, and return the point that is then farthest from all.

    Most of the time of a frame is spent here. The loop does not use `range`, whose length needs a
    division.
    """
    x, y, z = memory.x[chosen], memory.y[chosen], memory.z[chosen]
    widest, first, point = NOTHING, 0, int64(cuda.threadIdx.x)
    while point < hits:
        gap = CHOSEN if point == chosen else min(memory.gap[point], _square(memory, point, x, y, z))
        memory.gap[point] = gap
        if gap > widest:
            widest, first = gap, point
        point += cuda.blockDim.x
    return _first_of_widest(widest, first, memory.board.wholes)


@step
def _square(memory: Memory, point: int, x: Real, y: Real, z: Real) -> Real:
    """Return the squared distance of a point, in the same order of operations as on the CPU."""
    dx, dy, dz = memory.x[point] - x, memory.y[point] - y, memory.z[point] - z
    return np.float32(times32(dx, dx) + times32(dy, dy) + times32(dz, dz))


@step
def _first_of_widest(widest: Real, first: int, keys: Any) -> int:
    """Return to all threads the first point with the largest gap that any thread has found.

    Gaps are not negative, so their bits have the same order. The lower bits of a key contain LAST
    minus the point, so that the maximum key has the largest gap and, of equal gaps, the first
    point.
    """
    key = _greatest((int64(float_bits(widest)) << int64(32)) | (LAST - first), keys)
    return LAST - (key & LAST)


@step
def _greatest(key: int, keys: Any) -> int:
    """Return to all threads the maximum of their keys.

    The reduction has two levels, each a short loop. It needs fewer barriers than a tree, and no
    shuffles, which the simulator does not support. Neighboring threads read neighboring numbers,
    which are in different memory banks.
    """
    thread, threads = cuda.threadIdx.x, cuda.blockDim.x
    groups = (threads + GROUP - 1) // GROUP
    keys[0, thread] = key
    cuda.syncthreads()
    if thread < groups:
        other = thread + groups
        while other < threads:
            key = max(key, keys[0, other])
            other += groups
        keys[1, thread] = key
    cuda.syncthreads()
    for group in range(groups):
        key = max(key, keys[1, group])
    return key
