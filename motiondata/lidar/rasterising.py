"""The kernels of a scan: which face every ray hits first.

All rays of a spinning LiDAR leave one point over a fixed grid of angles, so nothing has to be
searched: each face is placed on the grid, and exactly the rays that it could touch are tested.
Placing is done in float32 with margins that can only add rays; testing is done in float64, where
the products of two corners are exact. One module, because a cached kernel is compiled anew only
when its own file changes.
"""

import math
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from motiondata.jit import inlined, kernel, step
from motiondata.lidar.rays import RayGrid
from motiondata.lidar.scans import Scan

if TYPE_CHECKING:
    from collections.abc import Callable

ATAN = tuple(
    np.float32(coefficient)
    for coefficient in (0.9998660, -0.3302995, 0.1801410, -0.0851330, 0.0208351)
)
"""Odd coefficients of the arctangent on [0, 1], off by 1e-5 at most: Abramowitz, Stegun 4.4.47."""

FRACTION_BITS = 16
FRACTION = 1 << FRACTION_BITS
"""Azimuths of vertices are whole numbers of so small parts of a turn, all that 16 bits can tell
apart; columns are in fixed point of as many bits, so that a turn is `columns` of both."""

AZIMUTH_SHARE = 5
"""A fifth of such a part bounds the error of a vertex's azimuth: twice the arctangent's."""

AZIMUTH_ERROR = 1e-5
"""Bound in radians on the error of an azimuth in float64: far more than rounding can add."""

TANGENT_ERROR = 1e-9
"""Bound on the relative error of a wide face's bounds in float64, likewise."""

ROUND = math.pi - 1e-3
"""Span in radians from which a face is taken to go all the way round the sensor's axis."""

BLOCK, WORD = 8, 8
"""Rays that share one mark of having a hit, and such marks that are looked at together."""

SHOTS = 8192
"""Pairs of a ray and a face that are gathered before they are tested."""

NOT_FINITE = -1
"""In place of the hits of a frame: a vertex of it is NaN or infinite."""

VOLLEY = 256
"""Such pairs that are tested at once, so that all of theirs stays in the nearest cache."""

ZERO, HALF_PI, PI = np.float32(0), np.float32(np.pi / 2), np.float32(np.pi)
TINY, HUGE = np.float32(1e-30), np.float32(3e38)
HALF_TURN = np.float32(FRACTION // 2)
UNITS_PER_RADIAN = np.float32(FRACTION / (2 * np.pi))

Planes = NDArray[np.float32]
"""Vertices by component, shaped (frames, 3, vertices)."""
Plane = NDArray[np.float32]
"""The same of one frame, shaped (3, vertices)."""
Faces = NDArray[np.int32]
Vector = tuple[float, float, float]
Whole = int | np.integer[Any]
Real = float | np.floating[Any]


class Buffers(NamedTuple):
    """Memory that scans share; between them `nearest` is infinite and `touched` zero."""

    units: NDArray[np.int32]
    """Azimuth of each vertex from the reference, shaped (vertices,), within half a turn."""
    bands: NDArray[np.int32]
    """Elevation band of each vertex, shaped (vertices,)."""
    marks: NDArray[np.int64]
    """Where each vertex is on the grid, shaped (vertices,): four numbers of 16 bits in one of 64.

    They are its azimuth, the first beam that may be at or above it, the azimuth's complement, and
    that of the beam after the last that may be at or below it. The least of each over a face's
    corners bounds the face: the least complement is the greatest number's."""
    shortlist: NDArray[np.int32]
    """Faces that may touch a ray, shaped (faces,)."""
    listed: NDArray[np.bool_]
    """Whether a face is one of them, shaped (faces,)."""
    bounds: NDArray[np.int64]
    """The least of each face's corners' marks, shaped (faces,)."""
    shifts: NDArray[np.int64]
    """How many columns, in fixed point, each sorted beam has before the reference azimuth."""
    shot_faces: NDArray[np.int32]
    """The face of each pair of a ray and a face to test, shaped (SHOTS + 2 * rays,)."""
    shot_rays: NDArray[np.int32]
    """The ray of each such pair, counted through all beams' columns."""
    corners: NDArray[np.float32]
    """The corners of the faces of a volley, shaped (9, VOLLEY)."""
    rays: NDArray[np.float64]
    """The rays of a volley, shaped (3, VOLLEY)."""
    distances: NDArray[np.float64]
    """How far along its ray each face of a volley is, shaped (VOLLEY,)."""
    nearest: NDArray[np.float64]
    """Range of the nearest hit so far, shaped (rays,), metres."""
    nearest_face: NDArray[np.int32]
    """Face of the nearest hit so far, shaped (rays,)."""
    touched: NDArray[np.uint8]
    """Whether any of a block of rays has a hit, shaped (blocks,), padded to whole words."""
    touched_words: NDArray[np.int64]
    """The same memory, WORD blocks at once."""


@kernel
def scan_frames(
    planes: Planes,
    faces: Faces,
    grid_fields: tuple[Any, ...],
    buffer_fields: tuple[Any, ...],
    limits: tuple[float, float],
    hit_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
    frame: int,
) -> int:
    """Append the hits of vertices shaped (frames, 3, vertices) from `frame` on.

    The fields are those of a `RayGrid`, `Buffers` and a `Scan`. `offsets` counts the hits before
    each frame. Returns the number of frames; or the frame whose hits did not fit, when its
    successor's offset says how much room they need, or `NOT_FINITE` where a vertex is not.
    """
    grid, buffers, hits = RayGrid(*grid_fields), Buffers(*buffer_fields), Scan(*hit_fields)
    while frame < len(planes):
        corners = planes[frame]
        reference = math.atan2(np.float64(corners[1, 0]), np.float64(corners[0, 0]))
        if not _mark_vertices(corners, reference, grid, buffers):
            offsets[frame + 1] = NOT_FINITE
            break
        _shift_beams(reference, grid, buffers.shifts)
        listed = _list_faces(faces, grid, buffers)
        shots = _aim_at_faces(corners, faces, grid, buffers, reference, listed)
        _fire(corners, faces, grid, buffers, shots)
        offsets[frame + 1] = _collect(grid, buffers, limits, hits, offsets[frame])
        if offsets[frame + 1] > len(hits.faces):
            break
        frame += 1
    return frame


@step
def _mark_vertices(vertices: Plane, reference: float, grid: RayGrid, buffers: Buffers) -> bool:
    """Mark where on the grid every vertex is, and tell whether all of them are finite.

    Azimuths count from the first vertex's, so that the seam lies behind a body that is ahead.
    """
    cosine, sine = np.float32(math.cos(reference)), np.float32(math.sin(reference))
    astray = _place(vertices[0], vertices[1], vertices[2], cosine, sine, grid, buffers)
    marks, units, bands, band_marks = buffers.marks, buffers.units, buffers.bands, grid.band_marks
    for vertex in range(len(marks)):
        azimuth = np.int64(units[vertex]) & 0xFFFF
        mark = band_marks[np.uint32(bands[vertex])]
        marks[vertex] = mark | azimuth | ((azimuth ^ 0xFFFF) << 32)
    return astray == 0


@step
def _place(
    xs: NDArray[np.float32],
    ys: NDArray[np.float32],
    zs: NDArray[np.float32],
    cosine: np.float32,
    sine: np.float32,
    grid: RayGrid,
    buffers: Buffers,
) -> Whole:
    """Find the azimuth and the band of every vertex, and return zero if all are finite."""
    lowest, scale = grid.lowest_sine, grid.bands_per_sine
    units, bands = buffers.units, buffers.bands
    top = np.float32(len(grid.first_beam) - 1)
    astray = np.int32(0)
    for vertex in range(len(xs)):
        x, y = xs[vertex] * cosine + ys[vertex] * sine, ys[vertex] * cosine - xs[vertex] * sine
        square = x * x + y * y + zs[vertex] * zs[vertex]
        astray |= np.int32(0 if square <= HUGE else 1)
        level = (zs[vertex] / math.sqrt(square + TINY) - lowest) * scale
        level = level if level > ZERO else ZERO
        bands[vertex] = np.int32(level if level < top else top)
        turned = np.int32(_azimuth(x, y) * UNITS_PER_RADIAN + HALF_TURN)
        units[vertex] = turned - np.int32(HALF_TURN)
    return astray


@inlined
def _azimuth(x: np.float32, y: np.float32) -> np.float32:
    """Return the azimuth of a point, in radians within half a turn, to 1e-5."""
    ahead, aside = abs(x), abs(y)
    steep = aside > ahead
    q = (ahead if steep else aside) / ((aside if steep else ahead) + TINY)
    s = q * q
    angle = q * (ATAN[0] + s * (ATAN[1] + s * (ATAN[2] + s * (ATAN[3] + s * ATAN[4]))))
    angle = HALF_PI - angle if steep else angle
    angle = PI - angle if x < ZERO else angle
    return -angle if y < ZERO else angle


@step
def _shift_beams(reference: float, grid: RayGrid, shifts: NDArray[np.int64]) -> None:
    columns_per_radian = grid.columns / (2 * math.pi)
    for beam in range(len(shifts)):
        shift = (reference - grid.offsets[beam]) * columns_per_radian
        shift -= grid.columns * math.floor(shift / grid.columns)
        shifts[beam] = math.floor(shift * FRACTION)


def _write_lesser_of_each(typing, first, second):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Return the lesser of each of the four 16-bit numbers that two words of 64 bits hold."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ARG001
        four = ir.VectorType(ir.IntType(16), 4)
        one, other = (builder.bitcast(word, four) for word in arguments)
        lesser = builder.select(builder.icmp_signed("<", one, other), one, other)
        return builder.bitcast(lesser, ir.IntType(64))

    return types.int64(types.int64, types.int64), generate


_lesser_of_each = cast("Callable[[Whole, Whole], Whole]", intrinsic(_write_lesser_of_each))


@step
def _list_faces(faces: Faces, grid: RayGrid, buffers: Buffers) -> Whole:
    """List the faces that a beam may touch and all wide ones, and return how many they are.

    Three loops, of which the second is vectorised. To write always and to count sometimes leaves
    the processor no branch to mispredict.
    """
    marks, bounds, listed = buffers.marks, buffers.bounds, buffers.listed
    for face in range(len(faces)):
        i, j, k = np.uint32(faces[face, 0]), np.uint32(faces[face, 1]), np.uint32(faces[face, 2])
        bounds[face] = _lesser_of_each(_lesser_of_each(marks[i], marks[j]), marks[k])
    for face in range(len(faces)):
        low, bottom, not_high, not_top = _four(bounds[face])
        listed[face] = (bottom < ~not_top) | (~not_high - low > grid.narrow)
    count = np.uint64(0)
    for face in range(len(faces)):
        buffers.shortlist[count] = face
        count += np.uint64(listed[face])
    return np.int64(count)


@inlined
def _four(packed: Whole) -> tuple[Whole, Whole, Whole, Whole]:
    """Return the four numbers of 16 bits that are packed in one of 64."""
    return np.int16(packed), np.int16(packed >> 16), np.int16(packed >> 32), np.int16(packed >> 48)


@step
def _aim_at_faces(
    vertices: Plane,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    reference: float,
    listed: Whole,
) -> int:
    """Pair the faces on the list with rays, and return how many pairs are left to test."""
    columns, margin = np.int64(grid.columns), np.int64(grid.columns // AZIMUTH_SHARE + 2)
    shots = 0
    for place in range(_drop_faces_between_columns(grid, buffers, listed)):
        face = buffers.shortlist[place]
        low, bottom, not_high, not_top = _four(buffers.bounds[face])
        if ~not_high - low > grid.narrow:
            shots = _aim_at_wide(vertices, faces, grid, buffers, reference, face, shots)
        else:
            first, last = low * columns - margin, margin - not_high * columns
            shots = _aim(face, first, last, bottom, ~not_top, grid, buffers, shots)
        if shots >= SHOTS:
            shots = _fire(vertices, faces, grid, buffers, shots)
    return shots


@step
def _drop_faces_between_columns(grid: RayGrid, buffers: Buffers, listed: Whole) -> Whole:
    """Drop the faces that touch one beam, but none of its rays, and return how many are left."""
    shortlist, bounds, shifts = buffers.shortlist, buffers.bounds, buffers.shifts
    columns, margin = np.int64(grid.columns), np.int64(grid.columns // AZIMUTH_SHARE + 2)
    count = np.uint64(0)
    for place in range(listed):
        face = shortlist[place]
        low, bottom, not_high, not_top = _four(bounds[np.uint32(face)])
        shift = shifts[np.uint16(bottom)]
        first = low * columns - margin + shift + FRACTION - 1
        last = margin - not_high * columns + shift
        shortlist[count] = face
        hit = (first >> FRACTION_BITS) <= (last >> FRACTION_BITS)
        count += np.uint64(hit | (bottom + not_top < -2) | (-not_high - low > grid.narrow))
    return np.int64(count)


@step
def _aim_at_wide(
    vertices: Plane,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    reference: float,
    face: int,
    shots: int,
) -> int:
    """Pair a wide face with rays, and count on."""
    scale = grid.columns / (2 * math.pi) * FRACTION
    low, high, bottom, top = _bounds(*_corners(vertices, faces, face))
    turns = 2 * math.pi * math.floor((low - reference) / (2 * math.pi) + 0.5)
    first = math.floor((low - AZIMUTH_ERROR - reference - turns) * scale)
    last = math.ceil((high + AZIMUTH_ERROR - reference - turns) * scale)
    first_beam = np.searchsorted(grid.tangents, bottom)
    end_beam = np.searchsorted(grid.tangents, top, side="right")
    return _aim(face, first, last, first_beam, end_beam, grid, buffers, shots)


@inlined
def _aim(
    face: Whole,
    low: Whole,
    high: Whole,
    first_beam: Whole,
    end_beam: Whole,
    grid: RayGrid,
    buffers: Buffers,
    shots: int,
) -> int:
    """Pair a face with the rays of some sorted beams between two azimuths, and count on.

    Azimuths are fixed-point numbers of columns from the reference. Most often a beam has one ray
    there or none: that is written in any case, but counted only if it is there.
    """
    for beam in range(np.uint32(first_beam), np.uint32(end_beam)):
        shift = buffers.shifts[beam]
        first = (low + shift + FRACTION - 1) >> FRACTION_BITS
        last = (high + shift) >> FRACTION_BITS
        start = grid.beams[beam] * grid.columns
        buffers.shot_faces[shots] = face
        buffers.shot_rays[shots] = start + _wrapped(first, grid.columns)
        shots += int(first <= last)
        for column in range(first + 1, last + 1):
            buffers.shot_faces[shots] = face
            buffers.shot_rays[shots] = start + _wrapped(column, grid.columns)
            shots += 1
    return shots


@inlined
def _wrapped(column: int, columns: int) -> int:
    """Return the column, of those from zero on, that one at most so many turns away is."""
    column += columns if column < 0 else 0
    column -= columns if column >= columns else 0
    return column - (columns if column >= columns else 0)


@step
def _fire(
    vertices: Plane,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    shots: int,
) -> int:
    """Test all pairs of a ray and a face, keep the nearest hits, and return that none is left."""
    for start in range(0, shots, VOLLEY):
        end = min(start + VOLLEY, shots)
        _gather(vertices, faces, grid, buffers, start, end)
        _test(buffers.corners, buffers.rays, buffers.distances)
        _keep_nearest(buffers, start, end)
    return 0


@step
def _gather(
    vertices: Plane, faces: Faces, grid: RayGrid, buffers: Buffers, start: int, end: int
) -> None:
    """Put the corners and the rays of some pairs in rows, so that the test can be vectorised."""
    corners, rays, directions = buffers.corners, buffers.rays, grid.directions
    shot_faces, shot_rays = buffers.shot_faces, buffers.shot_rays
    for place in range(end - start):
        face = np.uint32(shot_faces[start + place])
        i, j, k = np.uint32(faces[face, 0]), np.uint32(faces[face, 1]), np.uint32(faces[face, 2])
        for axis in range(3):
            corners[axis, place] = vertices[axis, i]
            corners[axis + 3, place] = vertices[axis, j]
            corners[axis + 6, place] = vertices[axis, k]
    for place in range(end - start):
        ray = np.uint32(shot_rays[start + place])
        for axis in range(3):
            rays[axis, place] = directions[ray, axis]


@step
def _test(
    corners: NDArray[np.float32], rays: NDArray[np.float64], distances: NDArray[np.float64]
) -> None:
    """Find how far along each ray its face is, or zero where the ray misses it."""
    ax, ay, az = corners[0], corners[1], corners[2]
    bx, by, bz = corners[3], corners[4], corners[5]
    cx, cy, cz = corners[6], corners[7], corners[8]
    dx, dy, dz = rays[0], rays[1], rays[2]
    for shot in range(len(distances)):
        a = (np.float64(ax[shot]), np.float64(ay[shot]), np.float64(az[shot]))
        b = (np.float64(bx[shot]), np.float64(by[shot]), np.float64(bz[shot]))
        c = (np.float64(cx[shot]), np.float64(cy[shot]), np.float64(cz[shot]))
        distances[shot] = _distance((dx[shot], dy[shot], dz[shot]), a, b, c)


@step
def _keep_nearest(buffers: Buffers, start: int, end: int) -> None:
    """Keep those hits of some pairs that are nearer than what their rays have hit so far."""
    faces, rays, distances = buffers.shot_faces, buffers.shot_rays, buffers.distances
    nearest, nearest_face, touched = buffers.nearest, buffers.nearest_face, buffers.touched
    hits = np.uint64(start)
    for shot in range(start, end):
        distance = distances[shot - start]
        faces[hits], rays[hits] = faces[shot], rays[shot]
        distances[hits - np.uint64(start)] = distance
        hits += np.uint64((distance > 0) & (distance < math.inf))
    for hit in range(start, hits):
        ray, face, distance = np.uint32(rays[hit]), faces[hit], distances[hit - start]
        nearer = distance < nearest[ray]
        if nearer | ((distance == nearest[ray]) & (face < nearest_face[ray])):
            nearest[ray] = distance
            nearest_face[ray] = face
            touched[ray // BLOCK] = 1


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
    """Bound a face's azimuth, and the tangent of its elevation, from below and from above.

    A point of the face is a mean of its corners. Let R be that mean of their distances r from the
    axis: the point's height is at least R * min(z / r) and at most R * max(z / r). Its distance
    from the axis is at most R and, where the corners are within D / 2 of one azimuth, at least
    R * cos(D / 2), which is how far it reaches along that azimuth. Hence its tangent, height over
    distance, is within the corners' tangents, moved away from zero by a factor of 1 / cos(D / 2).
    Round the axis, height is bounded by the corners', and distance by the farthest corner's. A
    corner on the axis has an infinite tangent, and any azimuth, which can only widen the bounds.
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
    """Return the angle from one azimuth to another, within half a turn either way."""
    angle = end - start
    return angle - 2 * math.pi * math.floor(angle / (2 * math.pi) + 0.5)


@inlined
def _distance(d: Vector, a: Vector, b: Vector, c: Vector) -> float:
    """Return how far along ray d the face with these corners is, or zero if the ray misses it.

    Moeller and Trumbore's test for rays that share an origin: a ray is within a face if it is on
    the same side of the planes through the sensor and each edge. For faces that share an edge,
    these planes are exactly opposite, so that no ray slips through.
    """
    normal = _cross(_minus(b, a), _minus(c, a))
    depth = _dot(a, normal)
    side = 1.0 if depth > 0 else -1.0
    u = side * _dot(d, _cross(b, c))
    v = side * _dot(d, _cross(c, a))
    w = side * _dot(d, _cross(a, b))
    distance = depth / _dot(d, normal)
    return distance if (u >= 0) & (v >= 0) & (w >= 0) else 0.0


@inlined
def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@inlined
def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@step
def _collect(
    grid: RayGrid, buffers: Buffers, limits: tuple[float, float], hits: Scan, hit: int
) -> int:
    """Report the hits by beam and column from place `hit` on, clear the buffers, and count on."""
    for word in range(len(buffers.touched_words)):
        if buffers.touched_words[word] != 0:
            for block in range(word * WORD, word * WORD + WORD):
                if buffers.touched[block] != 0:
                    hit = _collect_block(block, grid, buffers, limits, hits, hit)
            buffers.touched_words[word] = 0
    return hit


@inlined
def _collect_block(
    block: int,
    grid: RayGrid,
    buffers: Buffers,
    limits: tuple[float, float],
    hits: Scan,
    hit: int,
) -> int:
    for ray in range(block * BLOCK, min(block * BLOCK + BLOCK, len(buffers.nearest))):
        distance = buffers.nearest[ray]
        buffers.nearest[ray] = math.inf
        if distance < math.inf and limits[0] <= distance <= limits[1]:
            if hit < len(hits.faces):
                _report(ray, distance, grid, buffers, hits, hit)
            hit += 1
    return hit


@inlined
def _report(
    ray: int, distance: float, grid: RayGrid, buffers: Buffers, hits: Scan, hit: int
) -> None:
    beam = int((ray + 0.5) / grid.columns)
    for axis in range(3):
        hits.points[hit, axis] = distance * grid.directions[ray, axis]
    hits.faces[hit] = buffers.nearest_face[ray]
    hits.beams[hit] = beam
    hits.columns[hit] = ray - beam * grid.columns
    hits.ranges[hit] = distance
