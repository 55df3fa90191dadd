"""The kernels of a scan: which face every ray hits first.

All rays of a spinning LiDAR leave one point over a fixed grid of angles, so nothing has to be
searched: each face is placed on the grid, and exactly the rays that it could touch are tested.
Placing is done in float32 with margins that can only add rays; testing is done in float64, where
the products of two corners are exact. One module, because a cached kernel is compiled anew only
when its own file changes.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.jit import inlined, kernel, step
from motiondata.lidar.rays import RayGrid
from motiondata.lidar.scans import Scan

ATAN = tuple(
    np.float32(coefficient)
    for coefficient in (1.0, -0.3333314528, 0.1999355085, -0.1420889944, 0.1065626393,
                        -0.0752896400, 0.0429096138, -0.0161657367, 0.0028662257)
)  # fmt: skip
"""Odd coefficients of the arctangent on [0, 1], off by 2e-8 at most: Abramowitz, Stegun 4.4.49."""

AZIMUTH_ERROR = 1e-5
"""Bound in radians on the error of an azimuth in float32: several times what rounding can add."""

TANGENT_ERROR = 1e-9
"""Bound on the relative error of a wide face's bounds in float64, likewise."""

ROUND = math.pi - 1e-3
"""Span in radians from which a face is taken to go all the way round the sensor's axis."""

BLOCK = 64
"""Rays that share one mark of having a hit."""

SHOTS = 8192
"""Pairs of a ray and a face that are gathered before they are tested."""

ZERO, HALF_PI, PI = np.float32(0), np.float32(np.pi / 2), np.float32(np.pi)
TINY = np.float32(1e-30)

Vertices = NDArray[np.float32]
Faces = NDArray[np.int32]
Vector = tuple[float, float, float]
Whole = int | np.integer[Any]
Real = float | np.floating[Any]


class Buffers(NamedTuple):
    """Memory that scans share; between them `nearest` is infinite and `touched` zero."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    z: NDArray[np.float32]
    azimuth: NDArray[np.float32]
    """Of each vertex, shaped (vertices,), radians from the reference, within half a turn."""
    band: NDArray[np.int32]
    """Elevation band of each vertex, shaped (vertices,)."""
    shortlist: NDArray[np.int32]
    """Faces that may touch a ray, shaped (faces,): narrow from the front, wide from the back."""
    shot_faces: NDArray[np.int32]
    """The face of each pair of a ray and a face to test, shaped (SHOTS + 2 * rays,)."""
    shot_rays: NDArray[np.int32]
    """The ray of each such pair, counted through all beams' columns."""
    distances: NDArray[np.float64]
    """How far along the ray the face is, for those pairs that turn out to be hits."""
    nearest: NDArray[np.float64]
    """Range of the nearest hit so far, shaped (rays,), metres."""
    nearest_face: NDArray[np.int32]
    """Face of the nearest hit so far, shaped (rays,)."""
    touched: NDArray[np.uint8]
    """Whether any of a block of rays has a hit, shaped (blocks,)."""


@kernel
def scan_frames(
    vertices: Vertices,
    faces: Faces,
    grid_fields: tuple[Any, ...],
    buffer_fields: tuple[Any, ...],
    limits: tuple[float, float],
    hit_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
    frame: int,
) -> int:
    """Append the hits of vertices shaped (frames, vertices, 3) from `frame` on.

    The fields are those of a `RayGrid`, `Buffers` and a `Scan`. `offsets` counts the hits before
    each frame. Returns the number of frames, or the frame whose hits did not fit: its successor's
    offset then says how much room they need.
    """
    grid, buffers, hits = RayGrid(*grid_fields), Buffers(*buffer_fields), Scan(*hit_fields)
    while frame < len(vertices):
        reference = _place_vertices(vertices[frame], grid, buffers)
        narrow, wide = _list_faces(faces, grid, buffers)
        shots = _aim_at_narrow(vertices[frame], faces, grid, buffers, reference, narrow)
        shots = _aim_at_wide(vertices[frame], faces, grid, buffers, wide, shots)
        _fire(vertices[frame], faces, grid, buffers, shots)
        offsets[frame + 1] = _collect(grid, buffers, limits, hits, offsets[frame])
        if offsets[frame + 1] > len(hits.faces):
            break
        frame += 1
    return frame


@step
def _place_vertices(vertices: Vertices, grid: RayGrid, buffers: Buffers) -> float:
    """Find the azimuth and the band of every vertex, and return the reference azimuth.

    Azimuths count from the first vertex, so that the seam lies behind a body that is ahead.
    """
    reference = math.atan2(np.float64(vertices[0, 1]), np.float64(vertices[0, 0]))
    _turn(vertices, np.float32(math.cos(reference)), np.float32(math.sin(reference)), buffers)
    _find_azimuths(buffers.x, buffers.y, buffers.azimuth)
    _find_bands(buffers.x, buffers.y, buffers.z, grid, buffers.band)
    return reference


@step
def _turn(vertices: Vertices, cosine: np.float32, sine: np.float32, buffers: Buffers) -> None:
    """Store the vertices by component, turned so that the reference azimuth is zero."""
    x, y, z = buffers.x, buffers.y, buffers.z
    for vertex in range(len(vertices)):
        forward, left = vertices[vertex, 0], vertices[vertex, 1]
        x[vertex] = forward * cosine + left * sine
        y[vertex] = left * cosine - forward * sine
        z[vertex] = vertices[vertex, 2]


@step
def _find_azimuths(
    x: NDArray[np.float32], y: NDArray[np.float32], azimuth: NDArray[np.float32]
) -> None:
    for vertex in range(len(x)):
        ahead, aside = abs(x[vertex]), abs(y[vertex])
        steep = aside > ahead
        q = (ahead if steep else aside) / ((aside if steep else ahead) + TINY)
        s = q * q
        high = ATAN[4] + s * (ATAN[5] + s * (ATAN[6] + s * (ATAN[7] + s * ATAN[8])))
        angle = q * (ATAN[0] + s * (ATAN[1] + s * (ATAN[2] + s * (ATAN[3] + s * high))))
        angle = HALF_PI - angle if steep else angle
        angle = PI - angle if x[vertex] < ZERO else angle
        azimuth[vertex] = -angle if y[vertex] < ZERO else angle


@step
def _find_bands(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    z: NDArray[np.float32],
    grid: RayGrid,
    band: NDArray[np.int32],
) -> None:
    lowest, scale = grid.lowest_sine, grid.bands_per_sine
    top = np.float32(len(grid.first_beam) - 1)
    for vertex in range(len(x)):
        square = x[vertex] * x[vertex] + y[vertex] * y[vertex] + z[vertex] * z[vertex]
        level = (z[vertex] / math.sqrt(square + TINY) - lowest) * scale
        level = level if level > ZERO else ZERO
        band[vertex] = np.int32(level if level < top else top)


@step
def _list_faces(faces: Faces, grid: RayGrid, buffers: Buffers) -> tuple[int, int]:
    """List the narrow faces that a beam may touch, and all wide ones; return how many of each.

    To write always and to count sometimes leaves the processor no branch to mispredict.
    """
    shortlist, first_beam, last_beam = buffers.shortlist, grid.first_beam, grid.last_beam
    narrow, wide = 0, 0
    for face in range(len(faces)):
        low, high, bottom, top = _span(faces, face, buffers.azimuth, buffers.band)
        if high - low > grid.narrow:
            wide += 1
            shortlist[len(faces) - wide] = face
        else:
            shortlist[narrow] = face
            narrow += int(first_beam[bottom] <= last_beam[top])
    return narrow, wide


@inlined
def _span(
    faces: Faces, face: Whole, azimuth: NDArray[np.float32], band: NDArray[np.int32]
) -> tuple[Real, Real, Whole, Whole]:
    """Return the lowest and the highest azimuth, and the same of the bands, of a face's corners."""
    i, j, k = np.uint32(faces[face, 0]), np.uint32(faces[face, 1]), np.uint32(faces[face, 2])
    low = min(azimuth[i], azimuth[j], azimuth[k])
    high = max(azimuth[i], azimuth[j], azimuth[k])
    bottom = np.uint32(min(band[i], band[j], band[k]))
    top = np.uint32(max(band[i], band[j], band[k]))
    return low, high, bottom, top


@step
def _aim_at_narrow(
    vertices: Vertices,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    reference: float,
    listed: int,
) -> int:
    """Pair the narrow faces on the list with rays, and return how many pairs are left to test."""
    shots = 0
    for place in range(listed):
        face = buffers.shortlist[place]
        low, high, bottom, top = _span(faces, face, buffers.azimuth, buffers.band)
        first, end = grid.first_beam[bottom], grid.last_beam[top] + 1
        shots = _aim(face, reference + low, reference + high, first, end, grid, buffers, shots)
        if shots >= SHOTS:
            shots = _fire(vertices, faces, grid, buffers, shots)
    return shots


@step
def _aim_at_wide(
    vertices: Vertices, faces: Faces, grid: RayGrid, buffers: Buffers, listed: int, shots: int
) -> int:
    """Pair the wide faces on the list with rays, and return how many pairs are left to test."""
    for place in range(len(faces) - listed, len(faces)):
        face = buffers.shortlist[place]
        low, high, bottom, top = _bounds(*_corners(vertices, faces, face))
        first = np.searchsorted(grid.tangents, bottom)
        end = np.searchsorted(grid.tangents, top, side="right")
        shots = _aim(face, low, high, first, end, grid, buffers, shots)
        if shots >= SHOTS:
            shots = _fire(vertices, faces, grid, buffers, shots)
    return shots


@inlined
def _aim(
    face: Whole,
    low: Real,
    high: Real,
    first_beam: Whole,
    end_beam: Whole,
    grid: RayGrid,
    buffers: Buffers,
    shots: int,
) -> int:
    """Pair a face with the rays of some sorted beams between two azimuths, and count on.

    Most often a beam has one or none: that is written in any case, but counted only if it is there.
    """
    columns_per_radian = grid.columns / (2 * math.pi)
    for beam in range(np.uint32(first_beam), np.uint32(end_beam)):
        first = math.ceil((low - AZIMUTH_ERROR - grid.offsets[beam]) * columns_per_radian)
        last = math.floor((high + AZIMUTH_ERROR - grid.offsets[beam]) * columns_per_radian)
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
    """Return the column, of those from zero on, that one up to two turns away is; no division."""
    column += columns if column < 0 else 0
    column += columns if column < 0 else 0
    return column - (columns if column >= columns else 0)


@step
def _fire(
    vertices: Vertices,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    shots: int,
) -> int:
    """Test all pairs of a ray and a face, keep the nearest hits, and return that none is left."""
    hits = 0
    for shot in range(shots):
        face, ray = buffers.shot_faces[shot], np.uint32(buffers.shot_rays[shot])
        a, b, c = _corners(vertices, faces, face)
        distance = _distance(ray, a, b, c, grid)
        buffers.shot_faces[hits] = face
        buffers.shot_rays[hits] = ray
        buffers.distances[hits] = distance
        hits += int((distance > 0) & (distance < math.inf))
    for hit in range(hits):
        ray, distance = np.uint32(buffers.shot_rays[hit]), buffers.distances[hit]
        face, nearest = buffers.shot_faces[hit], buffers.nearest[ray]
        if (distance < nearest) | ((distance == nearest) & (face < buffers.nearest_face[ray])):
            buffers.nearest[ray] = distance
            buffers.nearest_face[ray] = face
            buffers.touched[ray // BLOCK] = 1
    return 0


@inlined
def _corners(vertices: Vertices, faces: Faces, face: Whole) -> tuple[Vector, Vector, Vector]:
    i, j, k = np.uint32(faces[face, 0]), np.uint32(faces[face, 1]), np.uint32(faces[face, 2])
    return (
        (np.float64(vertices[i, 0]), np.float64(vertices[i, 1]), np.float64(vertices[i, 2])),
        (np.float64(vertices[j, 0]), np.float64(vertices[j, 1]), np.float64(vertices[j, 2])),
        (np.float64(vertices[k, 0]), np.float64(vertices[k, 1]), np.float64(vertices[k, 2])),
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
def _distance(ray: Whole, a: Vector, b: Vector, c: Vector, grid: RayGrid) -> float:
    """Return how far along a ray the face with these corners is, or zero if the ray misses it.

    Moeller and Trumbore's test for rays that share an origin: a ray is within a face if it is on
    the same side of the planes through the sensor and each edge. For faces that share an edge,
    these planes are exactly opposite, so that no ray slips through.
    """
    d = (grid.directions[ray, 0], grid.directions[ray, 1], grid.directions[ray, 2])
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
    for block in range(len(buffers.touched)):
        if buffers.touched[block]:
            buffers.touched[block] = 0
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
    for axis in range(3):
        hits.points[hit, axis] = distance * grid.directions[ray, axis]
    hits.faces[hit] = buffers.nearest_face[ray]
    hits.beams[hit] = ray // grid.columns
    hits.columns[hit] = ray % grid.columns
    hits.ranges[hit] = distance
