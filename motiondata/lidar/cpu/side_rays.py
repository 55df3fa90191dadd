"""Cast the rays of footprints: first all centers, then the side rays that the centers call for.

A fine scan has `factor` columns for each column of the sensor. Every `factor`-th ray is the center
of a footprint, and the rays `side` columns beside it are its sides. Inside a surface, sides lie
where their centers do: a footprint is whole if its center and both neighboring centers are hit at
ranges that differ by at most a `step`. Its side rays are not read, so they need no test.

Loops that select write unconditionally and count conditionally, so that there are no branches to
mispredict.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import step
from motiondata.lidar.cpu.buffers import Buffers, Faces, Plane, Whole
from motiondata.lidar.cpu.ray_grid import RayGrid
from motiondata.lidar.cpu.ray_triangle import intersect_candidates

Reading = tuple[int, int, float]
"""How a fine scan is read: the factor, the side, and the step, meters."""

NEVER_WHOLE = -1.0
"""The step with which all side rays are read."""

EVERY_RAY: Reading = (1, 0, NEVER_WHOLE)
"""For a scan of which every ray is read."""

CERTAIN = 0.999
"""Ranges are compared in double precision here, and in single precision by readers of hits: steps
that are so much smaller are steps for both, up to hundreds of meters."""

NOT_LEFT, NOT_RIGHT, CENTER = np.uint8(1), np.uint8(2), np.uint8(4)
"""Bits of the role of a ray: it is the left side of no footprint that is read; the right side of
none; it is a center."""
NO_SIDE = NOT_LEFT | NOT_RIGHT


def roles_of(rays: int, reading: Reading) -> NDArray[np.uint8]:
    """Return the role of each ray, shaped (rays,), if no footprint is whole."""
    factor, side, _ = reading
    beside = np.arange(rays) % factor
    left, right = beside == -side % factor, beside == side % factor
    roles = np.where(left, 0, NOT_LEFT) | np.where(right, 0, NOT_RIGHT)
    return np.where(beside == 0, CENTER | NO_SIDE, roles).astype(np.uint8)


@step
def cast_footprints(
    vertices: Plane,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    candidates: Whole,
    limits: tuple[float, float],
    reading: Reading,
) -> None:
    """Test the candidates of centers, then those of side rays that are read, and keep the hits.

    Hits outside of the `limits` are none. If there were too many candidates, some of all rays were
    tested before, and rays that are not read may have hits.
    """
    centers = _take_centers(buffers, candidates)
    intersect_candidates(vertices, faces, grid, buffers, centers)
    if reading[2] >= 0:
        _mark_sides(grid, buffers, centers, limits, reading)
    sides = _keep_sides(buffers, candidates)
    if reading[2] >= 0:
        _clear_marks(buffers, centers, reading)
    buffers.candidates[:sides] = buffers.waiting[:sides]
    intersect_candidates(vertices, faces, grid, buffers, sides)


@step
def _take_centers(buffers: Buffers, candidates: Whole) -> Whole:
    """Keep the candidates of centers, and return their number; let a copy of all wait."""
    centers = np.uint64(0)
    for place in range(np.uint64(candidates)):
        candidate = buffers.candidates[place]
        buffers.waiting[place] = candidate
        buffers.candidates[centers] = candidate
        centers += np.uint64(buffers.roles[np.uint32(candidate)] >= CENTER)
    return np.int64(centers)


@step
def _mark_sides(
    grid: RayGrid, buffers: Buffers, centers: Whole, limits: tuple[float, float], reading: Reading
) -> None:
    """Mark the side rays of whole footprints as those of none.

    Footprints of the first and the last column are not whole: a neighbor is at the other end of
    the row.
    """
    factor, side, most = reading
    nearest, roles, columns = buffers.nearest, buffers.roles, np.int64(grid.columns)
    inverse, most = 1.0 / columns, CERTAIN * most
    low, high = limits[0] + most, limits[1] - most
    for place in range(np.uint64(centers)):
        ray = np.int64(np.uint32(buffers.candidates[place]))
        column = ray - np.int64((ray + 0.5) * inverse) * columns
        inside = (column > 0) & (column < columns - factor)
        here = np.uint32(ray if inside else factor)
        distance = nearest[here]
        before, after = nearest[np.uint32(here - factor)], nearest[np.uint32(here + factor)]
        whole = inside & (abs(before - distance) <= most) & (abs(after - distance) <= most)
        whole &= (low <= distance) & (distance <= high)
        roles[np.uint32(here - side)] |= NOT_LEFT * whole
        roles[np.uint32(here + side)] |= NOT_RIGHT * whole


@step
def _keep_sides(buffers: Buffers, waiting: Whole) -> Whole:
    """Keep the waiting candidates of side rays that are read, and return their number."""
    sides = np.uint64(0)
    for place in range(np.uint64(waiting)):
        candidate = buffers.waiting[place]
        buffers.waiting[sides] = candidate
        sides += np.uint64((buffers.roles[np.uint32(candidate)] & NO_SIDE) != NO_SIDE)
    return np.int64(sides)


@step
def _clear_marks(buffers: Buffers, centers: Whole, reading: Reading) -> None:
    factor, side, _ = reading
    for place in range(np.uint64(centers)):
        here = max(np.uint32(buffers.candidates[place]), np.uint32(factor))
        buffers.roles[np.uint32(here - side)] &= ~NOT_LEFT
        buffers.roles[np.uint32(here + side)] &= ~NOT_RIGHT
