"""The sample of a frame: farthest point sampling of its hits where they lie, by a block of threads.

The order is the processor's (`motiondata.lidar.cpu.sampling`): the same squares, rounded alike, and
the first of equally far points.
"""

from typing import Any

import numpy as np
from numba import cuda, int64

from motiondata.lidar.cuda.angles import FAR, HALF, ZERO, Real
from motiondata.lidar.cuda.fields import Memory
from motiondata.lidar.cuda.jit import float_bits, step, times32

GROUP = 16
"""Threads whose findings one thread brings together: about the root of their number."""

CHOSEN, NOTHING = np.float32(-1), np.float32(-2)
"""The gap of a point that is chosen, and that of no point."""

LAST = 2**31 - 1
"""A number above that of any point, of which all bits are set."""

NO_PART = np.uint8(255)
"""The part of a point that stands for no hit."""


@step
def sample(memory: Memory, hits: int, kept: int, parts: Any, points: Any, kept_parts: Any) -> None:
    """Keep points in farthest point order, then repeat them, or zeros where there are no hits."""
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
    """Write the points to keep, in order, over the window, which nobody needs any more.

    Not to where they are to go: the next step would wait for it.
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
    """Return the point farthest from the middle of the bounding box."""
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
    """Return the middle between the least and the greatest of the first values."""
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
    """Take a chosen point into account, and return the one that is then farthest from all.

    Most of the time of a frame goes here. The loop is no range, whose length takes a division.
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
    """Return the squared distance of a point, in the processor's order of operations."""
    dx, dy, dz = memory.x[point] - x, memory.y[point] - y, memory.z[point] - z
    return np.float32(times32(dx, dx) + times32(dy, dy) + times32(dz, dz))


@step
def _first_of_widest(widest: Real, first: int, keys: Any) -> int:
    """Return, to all threads, the first point of those with the widest gap that any has found.

    Gaps are not negative, so their bits sort as they do; below them in a key stands the point, so
    that the greatest key is the widest gap's, and of equal ones the first point's.
    """
    key = _greatest((int64(float_bits(widest)) << int64(32)) | (LAST - first), keys)
    return LAST - (key & LAST)


@step
def _greatest(key: int, keys: Any) -> int:
    """Return, to all threads, the greatest of their keys.

    In two levels, each a short loop: fewer barriers than a tree has, and no shuffles, which the
    simulator does not know. Neighbours read neighbours, which lie in other banks of the memory.
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
