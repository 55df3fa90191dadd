"""Find the candidates: pairs of a face and a ray that it may touch.

Nearly all faces are narrow and touch a few rays of one or two beams. They are paired without
branches, beam by beam, because one misprediction costs as much time as pairing several faces. The
few faces that are wide, have many rays of a beam, or cross its first column use plain loops.
"""

import math

import numpy as np

from motiondata.jit import inlined, step
from motiondata.lidar.cpu.buffers import Buffers, Faces, Plane, Whole
from motiondata.lidar.cpu.ray_grid import RayGrid
from motiondata.lidar.cpu.ray_triangle import Vector, intersect_candidates
from motiondata.lidar.cpu.simd import LINE, write_line
from motiondata.lidar.cpu.vertex_grid import FRACTION, FRACTION_BITS, four_numbers

AZIMUTH_SHARE = 5
"""The margin of an azimuth is 1/5 of a vertex's azimuth unit: twice the arctangent's error."""

AZIMUTH_ERROR = 1e-5
"""Bound on the error of an azimuth in float64, radians; far larger than rounding errors."""

TANGENT_ERROR = 1e-9
"""Bound on the relative error of a wide face's bounds in float64; far larger than rounding
errors."""

ROUND = math.pi - 1e-3
"""The azimuth span from which a face is treated as surrounding the sensor's axis, radians."""

COUNT, MORE, LONG, WIDE = 15, 16, 32, 64
"""Bits of a plan: the number of candidates; another beam follows; the rays of this beam need a
plain loop; the whole face needs a plain loop."""


@step
def find_candidates(
    vertices: Plane,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    reference: float,
    listed: Whole,
) -> Whole:
    """Pair the listed faces with rays, beam by beam; return the number of untested candidates."""
    candidates: Whole = 0
    while listed > 0:
        _find_rays(grid, buffers, listed)
        candidates, unfinished = _add_row_candidates(buffers, candidates, listed)
        candidates, listed = _continue_wide_faces(
            vertices, faces, grid, buffers, reference, candidates, unfinished
        )
    return candidates


@step
def _find_rays(grid: RayGrid, buffers: Buffers, listed: Whole) -> None:
    """Find the rays of each listed face in its next beam, and the remaining work for the face.

    There are two loops, because table lookups cannot be vectorized; the second loop is vectorized.
    """
    windows, first_candidates, plans = buffers.windows, buffers.first_candidates, buffers.plans
    columns, margin = np.int64(grid.columns), np.int64(grid.columns // AZIMUTH_SHARE + 2)
    narrow, last_beam = np.int64(grid.narrow), np.uint16(len(grid.beams) - 1)
    for place in range(np.uint64(listed)):
        beam = min(np.uint16(windows[place] >> 16), last_beam)  # a wide face may have no beam
        first_candidates[place] = buffers.shifts[beam]
        plans[place] = grid.beams[beam] * columns
    for place in range(np.uint64(listed)):
        low, bottom, not_high, not_top = four_numbers(windows[place])
        shift, start = first_candidates[place], plans[place]
        first = (low * columns - margin + shift + FRACTION - 1) >> FRACTION_BITS
        last = (margin - not_high * columns + shift) >> FRACTION_BITS
        turn = columns if first < 0 else 0
        turn = -columns if first >= columns else turn
        count = last - first + 1 if last >= first else 0
        wide = ~not_high - low > narrow
        long = (last + turn >= columns) | (count > LINE)
        more = bottom + not_top < -2
        first_candidates[place] = (np.int64(buffers.shortlist[place]) << 32) | (
            start + first + turn
        )
        plan = (LONG if long else count) + (MORE if more else 0)
        plans[place] = WIDE if wide else plan


@step
def _add_row_candidates(buffers: Buffers, candidates: Whole, listed: Whole) -> tuple[Whole, Whole]:
    """Pair faces with their rays of one beam, and list the unfinished faces.

    Returns the new number of candidates and the number of unfinished faces. The loop writes
    unconditionally and counts conditionally, so that there are no branches to mispredict.
    """
    first_candidates, plans = buffers.first_candidates, buffers.plans
    unfinished = np.uint64(0)
    for place in range(np.uint64(listed)):
        write_line(buffers.candidates, candidates, first_candidates[place])
        candidates += plans[place] & COUNT
        buffers.unfinished[unfinished] = place
        unfinished += np.uint64(plans[place] > COUNT)
    return candidates, np.int64(unfinished)


@step
def _continue_wide_faces(
    vertices: Plane,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    reference: float,
    candidates: Whole,
    unfinished: Whole,
) -> tuple[Whole, Whole]:
    """Pair faces that are wide or have many rays, and list the faces that touch another beam.

    Returns the new number of candidates and the number of listed faces.
    """
    columns, margin = np.int64(grid.columns), np.int64(grid.columns // AZIMUTH_SHARE + 2)
    listed = np.uint64(0)
    for at in range(np.uint64(unfinished)):
        place = np.uint32(buffers.unfinished[at])
        face, window, plan = buffers.shortlist[place], buffers.windows[place], buffers.plans[place]
        if plan & WIDE:
            candidates = _add_wide_face(vertices, faces, grid, buffers, reference, face, candidates)
        if plan & LONG:
            low, bottom, not_high, _ = four_numbers(window)
            first, last = low * columns - margin, margin - not_high * columns
            candidates = _add_row(face, np.uint16(bottom), first, last, grid, buffers, candidates)
        if candidates >= buffers.most_candidates:
            candidates = intersect_candidates(vertices, faces, grid, buffers, candidates)
        buffers.shortlist[listed] = face
        buffers.windows[listed] = window + FRACTION
        listed += np.uint64((plan & MORE) > 0)
    return candidates, np.int64(listed)


@step
def _add_wide_face(
    vertices: Plane,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    reference: float,
    face: Whole,
    candidates: Whole,
) -> Whole:
    """Pair a wide face with all its rays, and return the new number of candidates."""
    scale = grid.columns / (2 * math.pi) * FRACTION
    low, high, bottom, top = _bounds(*_corners(vertices, faces, face))
    turns = 2 * math.pi * math.floor((low - reference) / (2 * math.pi) + 0.5)
    first = np.int64(math.floor((low - AZIMUTH_ERROR - reference - turns) * scale))
    last = np.int64(math.ceil((high + AZIMUTH_ERROR - reference - turns) * scale))
    first_beam = np.searchsorted(grid.tangents, bottom)
    end_beam = np.searchsorted(grid.tangents, top, side="right")
    for beam in range(np.uint32(first_beam), np.uint32(end_beam)):
        candidates = _add_row(face, beam, first, last, grid, buffers, candidates)
    return candidates


@inlined
def _add_row(
    face: Whole,
    beam: Whole,
    low: Whole,
    high: Whole,
    grid: RayGrid,
    buffers: Buffers,
    candidates: Whole,
) -> Whole:
    """Pair a face with the rays of a beam between two azimuths; return the number of candidates.

    Azimuths are in columns from the reference, in fixed point.
    """
    shift, columns = buffers.shifts[beam], np.int64(grid.columns)
    start = (np.int64(face) << 32) | (grid.beams[beam] * columns)
    first, last = (low + shift + FRACTION - 1) >> FRACTION_BITS, (high + shift) >> FRACTION_BITS
    for column in range(first, last + 1):
        buffers.candidates[candidates] = start + _wrapped(column, columns)
        candidates += 1
    return candidates


@inlined
def _wrapped(column: Whole, columns: Whole) -> Whole:
    """Return a column modulo `columns`, for columns from one turn below to two turns above."""
    column += columns if column < 0 else 0
    column -= columns if column >= columns else 0
    return column - (columns if column >= columns else 0)


@inlined
def _corners(vertices: Plane, faces: Faces, face: Whole) -> tuple[Vector, Vector, Vector]:
    i, j, k = np.uint32(faces[face, 0]), np.uint32(faces[face, 1]), np.uint32(faces[face, 2])
    return (
        (np.float64(vertices[0, i]), np.float64(vertices[1, i]), np.float64(vertices[2, i])),
        (np.float64(vertices[0, j]), np.float64(vertices[1, j]), np.float64(vertices[2, j])),
        (np.float64(vertices[0, k]), np.float64(vertices[1, k]), np.float64(vertices[2, k])),
    )


@step
def _bounds(a: Vector, b: Vector, c: Vector) -> tuple[float, float, float, float]:
    """Return lower and upper bounds on a face's azimuth and on the tangent of its elevation.

    A point of the face is a weighted mean of the corners. Let R be the same mean of the corners'
    distances r from the axis. The point's height is at least R * min(z / r) and at most
    R * max(z / r). Its distance from the axis is at most R. If the corners are within D / 2 of one
    azimuth, its distance is at least R * cos(D / 2), its extent along that azimuth. Its tangent,
    height over distance, is therefore within the corners' tangents, moved away from zero by a
    factor of 1 / cos(D / 2). For a face around the axis, the height is bounded by the corners'
    heights, and the distance by the farthest corner's. A corner on the axis has an infinite tangent
    and an arbitrary azimuth, which can only widen the bounds.
    """
    ra, rb, rc = math.hypot(a[0], a[1]), math.hypot(b[0], b[1]), math.hypot(c[0], c[1])
    azimuth = math.atan2(a[1], a[0])
    ab = _angle_between(azimuth, math.atan2(b[1], b[0]))
    ac = _angle_between(azimuth, math.atan2(c[1], c[0]))
    low, high = min(0.0, ab, ac), max(0.0, ab, ac)
    bottom, top = min(a[2], b[2], c[2]), max(a[2], b[2], c[2])
    if high - low > ROUND:
        far = max(ra, rb, rc) * (1 + TANGENT_ERROR)
        bottom = bottom / far if bottom > 0 else -math.inf
        top = top / far if top < 0 else math.inf
        return 0.0, 2 * math.pi, bottom, top
    stretch = 1 / math.cos((high - low) / 2)
    bottom = min(a[2] / ra, b[2] / rb, c[2] / rc)
    top = max(a[2] / ra, b[2] / rb, c[2] / rc)
    bottom = bottom * stretch if bottom < 0 else bottom
    top = top * stretch if top > 0 else top
    bottom, top = bottom - TANGENT_ERROR * (1 + abs(bottom)), top + TANGENT_ERROR * (1 + abs(top))
    return azimuth + low, azimuth + high, bottom, top


@step
def _angle_between(start: float, end: float) -> float:
    """Return the angle from one azimuth to another, between minus and plus half a turn."""
    angle = end - start
    return angle - 2 * math.pi * math.floor(angle / (2 * math.pi) + 0.5)
