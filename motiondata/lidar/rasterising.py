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

from motiondata.lidar.jit import inlined, kernel
from motiondata.lidar.rays import RayGrid

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
"""Columns that share one mark of having a hit."""

ZERO, HALF_PI, PI = np.float32(0), np.float32(np.pi / 2), np.float32(np.pi)
TINY = np.float32(1e-30)

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
    nearest: NDArray[np.float64]
    """Range of the nearest hit so far, shaped (beams, columns), metres."""
    face: NDArray[np.int32]
    """Face of the nearest hit so far, shaped (beams, columns)."""
    touched: NDArray[np.uint8]
    """Whether any of a block of columns has a hit, shaped (beams, blocks)."""


class Pyramid(NamedTuple):
    """A face as the sensor sees it: the base of a pyramid with the sensor at its top."""

    face: Whole
    """The face's number."""
    sides: tuple[Vector, Vector, Vector]
    """Normals of the three sides: a ray within has the sign of `depth` with each of them.

    Two faces that share an edge have exactly opposite normals there, so no ray slips through.
    """
    normal: Vector
    """Normal of the face."""
    depth: float
    """The normal times any corner: zero where the face is seen edge-on."""


class Scan(NamedTuple):
    """Hits by beam, then by column, of one frame or of several frames in turn; sensor frame."""

    points: NDArray[np.float32]
    """The ray's unit vector times the range, shaped (hits, 3), metres."""
    faces: NDArray[np.int32]
    """The face that was hit first, shaped (hits,)."""
    beams: NDArray[np.int32]
    """The ray's beam, shaped (hits,)."""
    columns: NDArray[np.int32]
    """The ray's column, shaped (hits,)."""
    ranges: NDArray[np.float32]
    """Distance from the sensor, shaped (hits,), metres."""


@kernel
def scan_frames(
    vertices: NDArray[np.float32],
    faces: NDArray[np.int32],
    grid: RayGrid,
    buffers: Buffers,
    limits: tuple[float, float],
    hits: Scan,
    offsets: NDArray[np.int64],
    frame: int,
) -> int:
    """Append the hits of vertices shaped (frames, vertices, 3) from `frame` on.

    `offsets` counts the hits before each frame. Returns the number of frames, or the frame whose
    hits did not fit; its successor's offset then says how much room they need.
    """
    while frame < len(vertices):
        reference = _place_vertices(vertices[frame], grid, buffers)
        narrow, wide = _list_faces(faces, grid, buffers)
        narrow = _sift_faces(faces, grid, buffers, reference, narrow)
        _cast_narrow(vertices[frame], faces, grid, buffers, reference, narrow)
        _cast_wide(vertices[frame], faces, grid, buffers, wide)
        offsets[frame + 1] = _collect(grid, buffers, limits, hits, offsets[frame])
        if offsets[frame + 1] > len(hits.faces):
            break
        frame += 1
    return frame


@kernel
def _place_vertices(vertices: NDArray[np.float32], grid: RayGrid, buffers: Buffers) -> float:
    """Find the azimuth and the band of every vertex, and return the reference azimuth.

    Azimuths count from the first vertex, so that the seam lies behind a body that is ahead.
    """
    reference = math.atan2(np.float64(vertices[0, 1]), np.float64(vertices[0, 0]))
    _turn(vertices, np.float32(math.cos(reference)), np.float32(math.sin(reference)), buffers)
    _find_azimuths(buffers.x, buffers.y, buffers.azimuth)
    _find_bands(buffers.x, buffers.y, buffers.z, grid, buffers.band)
    return reference


@kernel
def _turn(
    vertices: NDArray[np.float32], cosine: np.float32, sine: np.float32, buffers: Buffers
) -> None:
    """Store the vertices by component, turned so that the reference azimuth is zero."""
    x, y, z = buffers.x, buffers.y, buffers.z
    for vertex in range(len(vertices)):
        forward, left = vertices[vertex, 0], vertices[vertex, 1]
        x[vertex] = forward * cosine + left * sine
        y[vertex] = left * cosine - forward * sine
        z[vertex] = vertices[vertex, 2]


@kernel
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


@kernel
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


@kernel
def _list_faces(faces: NDArray[np.int32], grid: RayGrid, buffers: Buffers) -> tuple[int, int]:
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
    faces: NDArray[np.int32], face: Whole, azimuth: NDArray[np.float32], band: NDArray[np.int32]
) -> tuple[Real, Real, Whole, Whole]:
    """Return the lowest and the highest azimuth, and the same of the bands, of a face's corners."""
    i, j, k = np.uint32(faces[face, 0]), np.uint32(faces[face, 1]), np.uint32(faces[face, 2])
    low = min(azimuth[i], azimuth[j], azimuth[k])
    high = max(azimuth[i], azimuth[j], azimuth[k])
    bottom = np.uint32(min(band[i], band[j], band[k]))
    top = np.uint32(max(band[i], band[j], band[k]))
    return low, high, bottom, top


@kernel
def _sift_faces(
    faces: NDArray[np.int32], grid: RayGrid, buffers: Buffers, reference: float, listed: int
) -> int:
    """Keep of the narrow faces those with several beams, or with a column of their only beam."""
    shortlist = buffers.shortlist
    kept = 0
    for place in range(listed):
        face = shortlist[place]
        low, high, bottom, top = _span(faces, face, buffers.azimuth, buffers.band)
        beam = np.uint32(grid.first_beam[bottom])
        first, last = _columns_between(reference + low, reference + high, beam, grid)
        shortlist[kept] = face
        kept += int((first <= last) | (beam < grid.last_beam[top]))
    return kept


@inlined
def _columns_between(low: Real, high: Real, beam: Whole, grid: RayGrid) -> tuple[int, int]:
    """Return a sorted beam's first and last column between two azimuths, whole turns aside."""
    columns_per_radian = grid.directions.shape[1] / (2 * math.pi)
    offset = grid.offsets[beam]
    first = math.ceil((low - AZIMUTH_ERROR - offset) * columns_per_radian)
    last = math.floor((high + AZIMUTH_ERROR - offset) * columns_per_radian)
    return first, last


@kernel
def _cast_narrow(
    vertices: NDArray[np.float32],
    faces: NDArray[np.int32],
    grid: RayGrid,
    buffers: Buffers,
    reference: float,
    listed: int,
) -> None:
    for place in range(listed):
        face = buffers.shortlist[place]
        low, high, bottom, top = _span(faces, face, buffers.azimuth, buffers.band)
        beams = (grid.first_beam[bottom], grid.last_beam[top])
        a, b, c = _corners(vertices, faces, face)
        pyramid = _pyramid(face, a, b, c)
        _cast_face(pyramid, (reference + low, reference + high), beams, grid, buffers)


@kernel
def _cast_wide(
    vertices: NDArray[np.float32],
    faces: NDArray[np.int32],
    grid: RayGrid,
    buffers: Buffers,
    listed: int,
) -> None:
    for place in range(len(faces) - listed, len(faces)):
        face = buffers.shortlist[place]
        a, b, c = _corners(vertices, faces, face)
        low, high, bottom, top = _bounds(a, b, c)
        first = np.searchsorted(grid.tangents, bottom - TANGENT_ERROR * (1 + abs(bottom)))
        end = np.searchsorted(grid.tangents, top + TANGENT_ERROR * (1 + abs(top)), side="right")
        _cast_face(_pyramid(face, a, b, c), (low, high), (first, end - 1), grid, buffers)


@inlined
def _corners(
    vertices: NDArray[np.float32], faces: NDArray[np.int32], face: Whole
) -> tuple[Vector, Vector, Vector]:
    i, j, k = np.uint32(faces[face, 0]), np.uint32(faces[face, 1]), np.uint32(faces[face, 2])
    return (
        (np.float64(vertices[i, 0]), np.float64(vertices[i, 1]), np.float64(vertices[i, 2])),
        (np.float64(vertices[j, 0]), np.float64(vertices[j, 1]), np.float64(vertices[j, 2])),
        (np.float64(vertices[k, 0]), np.float64(vertices[k, 1]), np.float64(vertices[k, 2])),
    )


@kernel
def _bounds(a: Vector, b: Vector, c: Vector) -> tuple[float, float, float, float]:
    """Bound a face's azimuth, and the tangent of its elevation, from below and from above.

    A point of the face is a mean of its corners. Let R be that mean of their distances r from the
    axis: the point's height is at least R * min(z / r) and at most R * max(z / r). Its distance
    from the axis is at most R and, where the corners are within D / 2 of one azimuth, at least
    R * cos(D / 2), which is how far it reaches along that azimuth. Hence its tangent, height over
    distance, is within the corners' tangents, moved away from zero by a factor of 1 / cos(D / 2).
    Round the axis, height is bounded by the corners', and distance by the farthest corner's.
    """
    ra, rb, rc = math.hypot(a[0], a[1]), math.hypot(b[0], b[1]), math.hypot(c[0], c[1])
    azimuth = math.atan2(a[1], a[0])
    ab = _angle_between(azimuth, math.atan2(b[1], b[0]))
    ac = _angle_between(azimuth, math.atan2(c[1], c[0]))
    low, high = min(0.0, ab, ac), max(0.0, ab, ac)
    bottom, top = min(a[2], b[2], c[2]), max(a[2], b[2], c[2])
    if min(ra, rb, rc) == 0 or high - low > ROUND:
        far = max(ra, rb, rc)
        bottom = bottom / far if bottom > 0 else -math.inf
        top = top / far if top < 0 else math.inf
        return 0.0, 2 * math.pi, bottom, top
    stretch = 1 / math.cos((high - low) / 2)
    bottom = min(a[2] / ra, b[2] / rb, c[2] / rc)
    top = max(a[2] / ra, b[2] / rb, c[2] / rc)
    bottom = bottom * stretch if bottom < 0 else bottom
    top = top * stretch if top > 0 else top
    return azimuth + low, azimuth + high, bottom, top


@kernel
def _angle_between(start: float, end: float) -> float:
    """Return the angle from one azimuth to another, within half a turn either way."""
    angle = end - start
    return angle - 2 * math.pi * math.floor(angle / (2 * math.pi) + 0.5)


@inlined
def _pyramid(face: Whole, a: Vector, b: Vector, c: Vector) -> Pyramid:
    normal = _cross(_minus(b, a), _minus(c, a))
    sides = (_cross(b, c), _cross(c, a), _cross(a, b))
    return Pyramid(face, sides, normal, _dot(a, normal))


@inlined
def _cast_face(
    pyramid: Pyramid,
    azimuths: tuple[Real, Real],
    beams: tuple[Whole, Whole],
    grid: RayGrid,
    buffers: Buffers,
) -> None:
    """Test a face with the rays of some sorted beams between two azimuths."""
    if pyramid.depth != 0:
        for beam in range(beams[0], beams[1] + 1):
            first, last = _columns_between(azimuths[0], azimuths[1], np.uint32(beam), grid)
            if first <= last:
                _cast_row(
                    pyramid, np.uint32(grid.beams[np.uint32(beam)]), first, last, grid, buffers
                )


@inlined
def _cast_row(
    pyramid: Pyramid, beam: Whole, first: int, last: int, grid: RayGrid, buffers: Buffers
) -> None:
    columns = grid.directions.shape[1]
    column = np.uint32(first % columns)
    for _ in range(min(last - first + 1, columns)):
        distance = _distance(pyramid, beam, column, grid)
        if distance < math.inf:
            _keep_nearest(distance, pyramid.face, beam, column, buffers)
        column = np.uint32(column + 1 if column + 1 < columns else 0)


@inlined
def _keep_nearest(
    distance: float, face: Whole, beam: Whole, column: Whole, buffers: Buffers
) -> None:
    nearest = buffers.nearest[beam, column]
    if (distance < nearest) | ((distance == nearest) & (face < buffers.face[beam, column])):
        buffers.nearest[beam, column] = distance
        buffers.face[beam, column] = face
        buffers.touched[beam, column // BLOCK] = 1


@inlined
def _distance(pyramid: Pyramid, beam: Whole, column: Whole, grid: RayGrid) -> float:
    """Return how far along a ray the face lies, or infinity."""
    ray = (
        grid.directions[beam, column, 0],
        grid.directions[beam, column, 1],
        grid.directions[beam, column, 2],
    )
    u, v, w = _dot(ray, pyramid.sides[0]), _dot(ray, pyramid.sides[1]), _dot(ray, pyramid.sides[2])
    if pyramid.depth < 0:
        u, v, w = -u, -v, -w
    if (u >= 0) & (v >= 0) & (w >= 0):
        distance = pyramid.depth / _dot(ray, pyramid.normal)
        return distance if distance > 0 else math.inf
    return math.inf


@inlined
def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@inlined
def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@kernel
def _collect(
    grid: RayGrid, buffers: Buffers, limits: tuple[float, float], hits: Scan, hit: int
) -> int:
    """Report the hits by beam and column from place `hit` on, clear the buffers, and count on."""
    columns = grid.directions.shape[1]
    for beam in range(len(buffers.touched)):
        for block in range(buffers.touched.shape[1]):
            if buffers.touched[beam, block]:
                buffers.touched[beam, block] = 0
                for column in range(block * BLOCK, min(block * BLOCK + BLOCK, columns)):
                    distance = buffers.nearest[beam, column]
                    buffers.nearest[beam, column] = math.inf
                    if distance < math.inf and limits[0] <= distance <= limits[1]:
                        if hit < len(hits.faces):
                            _report(beam, column, distance, grid, buffers, hits, hit)
                        hit += 1
    return hit


@inlined
def _report(
    beam: int, column: int, distance: float, grid: RayGrid, buffers: Buffers, hits: Scan, hit: int
) -> None:
    for axis in range(3):
        hits.points[hit, axis] = distance * grid.directions[beam, column, axis]
    hits.faces[hit] = buffers.face[beam, column]
    hits.beams[hit] = beam
    hits.columns[hit] = column
    hits.ranges[hit] = distance
