"""The kernels of a GPU: a block of threads observes a frame, from its vertices to the points kept.

The plan of the processor's kernels, cut for a block: faces are spread over its threads, each face
is tested against exactly the rays that it could touch, the nearest hit of a ray is found by an
atomic minimum in the block's own window of the rays, and the hits are sampled where they lie.
Bounds are in float32 with margins that can only add rays. What decides (a hit, its range, the order
of points) is the processor's arithmetic, operation by operation, so `times` keeps the compiler from
fusing a product into a sum, which rounds once where the processor rounds twice.

One module: a cached kernel is compiled anew only when its own file changes, and Numba's simulator,
which runs this source in the tests, can follow calls within one module only.
"""

import math
from typing import Any, TypeAlias

import numpy as np
from numba import cuda, float32, int32, int64

from motiondata.lidar.cuda.fields import (
    DOES_NOT_FIT,
    EXACT,
    Board,
    LargeMemory,
    Memory,
    Mesh,
    Noise,
    Rays,
    Seen,
    Window,
)
from motiondata.lidar.cuda.jit import kernel, step, times, times32

THREADS = 128
"""Threads of a block at the most."""

GROUP = 16
"""Threads whose findings one thread brings together: about the root of `THREADS`."""

ANGLE_ERROR = np.float32(1e-5)
"""Bound in radians on the error of an azimuth in float32: several times what rounding can add."""

TANGENT_ERROR = np.float32(1e-5)
"""Bound on the error of a tangent, over one plus the tangent, likewise."""

WIDE = np.float32(2)
"""Span in radians from which a face, or a body, is taken to go all the way round the sensor."""

TINY = np.float32(1e-15)
"""Metres that keep a tangent finite, and steeper than any beam, over the sensor and under it."""

FACE_BITS = 24
"""Bits of a key that number the face; the rest, above, are its range."""

STEPS_PER_METRE = 2.0**26
"""Ranges that differ by less than a step, of 15 nm, count as equal."""

FARTHEST = 2.0**38
"""Steps at the most: farther, at 4 km, all ranges count as equal."""

NO_HIT = 2**63 - 1
"""The key of a ray that has no hit so far: above all others."""

CHOSEN, NOTHING = np.float32(-1), np.float32(-2)
"""The gap of a point that is chosen, and that of no point."""

FAR, HALF, ZERO, ONE = np.float32(np.inf), np.float32(0.5), np.float32(0), np.float32(1)
TURN = np.float32(2 * np.pi)
NO_PART = np.uint8(255)
LAST = 2**31 - 1

Real: TypeAlias = Any
"""A float, of the width that the kernel gives it."""


@kernel
def observe_frames(
    mesh: Mesh, rays: Rays, noise: Noise, kept: int, cells: int, room: int, seen: Seen
) -> None:
    """Observe frames in shared memory, and mark those that do not fit there.

    A block needs 8 bytes for each of the `cells` of its window and 20 for each hit it has room for.
    """
    reals = cuda.shared.array((4, THREADS), float32)
    wholes = cuda.shared.array((2, THREADS), int32)
    keys, floats = cuda.shared.array(0, int64), cuda.shared.array(0, float32)
    faces = cuda.shared.array(0, int32)  # the same memory as the two before it
    start = 2 * cells
    memory = Memory(
        Board(reals, wholes),
        keys[:cells],
        floats[start : start + room],
        floats[start + room : start + 2 * room],
        floats[start + 2 * room : start + 3 * room],
        floats[start + 3 * room : start + 4 * room],
        faces[start + 4 * room : start + 5 * room],
    )
    for frame in range(cuda.blockIdx.x, len(seen.hits), cuda.gridDim.x):
        _observe(frame, mesh, rays, noise, kept, memory, seen)
        cuda.syncthreads()


@kernel
def observe_large_frames(
    mesh: Mesh, rays: Rays, noise: Noise, kept: int, large: LargeMemory, seen: Seen
) -> None:
    """Observe the frames that are marked, in global memory, where every frame fits."""
    reals = cuda.shared.array((4, THREADS), float32)
    wholes = cuda.shared.array((2, THREADS), int32)
    block = cuda.blockIdx.x
    cloud = large.clouds[block]
    memory = Memory(
        Board(reals, wholes),
        large.windows[block],
        cloud[0],
        cloud[1],
        cloud[2],
        cloud[3],
        large.faces[block],
    )
    for frame in range(block, len(seen.hits), cuda.gridDim.x):
        if seen.hits[frame] == DOES_NOT_FIT:
            cuda.syncthreads()  # all have read the mark before one of them overwrites it
            _observe(frame, mesh, rays, noise, kept, memory, seen)
        cuda.syncthreads()


@step
def _observe(
    frame: int, mesh: Mesh, rays: Rays, noise: Noise, kept: int, memory: Memory, seen: Seen
) -> None:
    vertices = mesh.vertices[frame]
    window = _find_window(vertices, rays, memory.board)
    hits = DOES_NOT_FIT
    if window.columns * window.beams <= len(memory.window):
        _clear(memory.window, window)
        _scan(vertices, mesh.faces, rays, window, memory.window)
        hits = _collect(vertices, mesh.faces, rays, window, memory, noise, noise.firsts[frame])
    if cuda.threadIdx.x == 0:
        seen.hits[frame] = hits
    if kept > 0 and hits >= 0:
        _sample(memory, hits, kept, mesh.parts, seen.points[frame], seen.parts[frame])


# The window.


@step
def _find_window(vertices: Any, rays: Rays, board: Board) -> Window:
    """Bound the rays that a body can be on."""
    reference = math.atan2(vertices[0, 1], vertices[0, 0])
    low, high, bottom, top = _bounds_of_vertices(vertices, reference, board.reals)
    span, columns = high - low, rays.directions.shape[1]
    if span > WIDE:
        bottom, top = -FAR, FAR
    else:
        bottom, top = _stretched(bottom, top, span)
        columns_per_radian = np.float32(columns) / TURN
        columns = min(columns, int((span + np.float32(6) * ANGLE_ERROR) * columns_per_radian) + 2)
    first, last = _bounds_of_beams(rays, bottom, top, board.wholes[0])
    start = np.float32(reference + low - np.float32(3) * ANGLE_ERROR)
    return Window(start, columns, first, max(0, last + 1 - first))


@step
def _bounds_of_vertices(vertices: Any, reference: Real, bounds: Any) -> Any:
    """Bound the azimuths, from a reference on, and the tangents of all vertices."""
    thread = cuda.threadIdx.x
    low, high, bottom, top = FAR, -FAR, FAR, -FAR
    for vertex in range(thread, len(vertices), cuda.blockDim.x):
        x, y, z = vertices[vertex, 0], vertices[vertex, 1], vertices[vertex, 2]
        azimuth, tangent = _angle_between(reference, math.atan2(y, x)), _tangent(x, y, z)
        low, high = min(low, azimuth), max(high, azimuth)
        bottom, top = min(bottom, tangent), max(top, tangent)
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
    """Return the first and the last number of the beams between two tangents."""
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
def _clear(keys: Any, window: Window) -> None:
    for cell in range(cuda.threadIdx.x, window.columns * window.beams, cuda.blockDim.x):
        keys[cell] = NO_HIT
    cuda.syncthreads()


@step
def _first_column(window: Window, rays: Rays, beam: int) -> int:
    """Return the column of a beam with which the window begins."""
    columns = rays.directions.shape[1]
    columns_per_radian = np.float32(columns) / TURN
    first = int64(math.ceil((window.start - rays.offsets[beam]) * columns_per_radian))
    return _wrapped(first, columns)


# Angles.


@step
def _tangent(x: Real, y: Real, z: Real) -> Real:
    """Return the tangent of the elevation of a point."""
    return np.float32(z / (np.float32(math.sqrt(x * x + y * y)) + TINY))


@step
def _angle_between(start: Real, end: Real) -> Real:
    """Return the angle from one azimuth to another, within half a turn either way."""
    angle = np.float32(end - start)
    return np.float32(angle - TURN * np.float32(math.floor(angle / TURN + HALF)))


@step
def _stretched(bottom: Real, top: Real, span: Real) -> Any:
    """Bound the tangents of a face by those of its corners; `span` is that of their azimuths.

    An edge bulges: the proof stands beside `_bounds` in `motiondata.lidar.aiming`.
    """
    stretch = ONE / np.float32(math.cos(HALF * span))
    bottom = bottom * stretch if bottom < ZERO else bottom
    top = top * stretch if top > ZERO else top
    return bottom - TANGENT_ERROR * (ONE + abs(bottom)), top + TANGENT_ERROR * (ONE + abs(top))


@step
def _wrapped(column: int, columns: int) -> int:
    """Return the column, of those from zero on, that one up to two turns away is; no division."""
    column += columns if column < 0 else 0
    column += columns if column < 0 else 0
    return column - (columns if column >= columns else 0)


# The scan.


@step
def _scan(vertices: Any, faces: Any, rays: Rays, window: Window, keys: Any) -> None:
    """Leave the key of each ray's first hit in the window."""
    for face in range(cuda.threadIdx.x, len(faces), cuda.blockDim.x):
        a, b, c = _corners(vertices, faces, face)
        low, high, bottom, top = _bounds(a, b, c)
        place = _first_beam(rays.tangents, bottom)
        if place < len(rays.beams) and rays.tangents[place] <= top:
            planes = _planes(a, b, c)
            while place < len(rays.beams) and rays.tangents[place] <= top:
                _test(face, planes, rays.beams[place], low, high, rays, window, keys)
                place += 1
    cuda.syncthreads()


@step
def _corners(vertices: Any, faces: Any, face: int) -> Any:
    i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
    return (
        (vertices[i, 0], vertices[i, 1], vertices[i, 2]),
        (vertices[j, 0], vertices[j, 1], vertices[j, 2]),
        (vertices[k, 0], vertices[k, 1], vertices[k, 2]),
    )


@step
def _bounds(a: Any, b: Any, c: Any) -> Any:
    """Bound the azimuth of a face, and the tangent of its elevation, from below and from above."""
    azimuth = math.atan2(a[1], a[0])
    ab = _angle_between(azimuth, math.atan2(b[1], b[0]))
    ac = _angle_between(azimuth, math.atan2(c[1], c[0]))
    low, high = min(ZERO, ab, ac), max(ZERO, ab, ac)
    if high - low > WIDE:
        return ZERO, TURN, -FAR, FAR
    of_a, of_b, of_c = _tangent(a[0], a[1], a[2]), _tangent(b[0], b[1], b[2]), _tangent(*c)
    bottom, top = _stretched(min(of_a, of_b, of_c), max(of_a, of_b, of_c), high - low)
    low, high = azimuth + low - ANGLE_ERROR, azimuth + high + ANGLE_ERROR
    return np.float32(low), np.float32(high), bottom, top


@step
def _first_beam(tangents: Any, bottom: Real) -> int:
    """Return the place of the first sorted beam that is not below a tangent."""
    first, end = 0, len(tangents)
    while first < end:
        middle = (first + end) // 2
        if tangents[middle] < bottom:
            first = middle + 1
        else:
            end = middle
    return first


@step
def _test(
    face: int,
    planes: Any,
    beam: int,
    low: Real,
    high: Real,
    rays: Rays,
    window: Window,
    keys: Any,
) -> None:
    """Test a face against those rays of a beam that are between two azimuths."""
    columns = rays.directions.shape[1]
    columns_per_radian = np.float32(columns) / TURN
    first = int64(math.ceil((low - rays.offsets[beam]) * columns_per_radian))
    last = int64(math.floor((high - rays.offsets[beam]) * columns_per_radian))
    row = beam - window.first_beam
    if first > last or row < 0 or row >= window.beams:
        return
    start = _first_column(window, rays, beam)
    for unwrapped in range(first, min(last, first + columns - 1) + 1):
        column = _wrapped(unwrapped, columns)
        place = _wrapped(column - start, columns)
        distance = _distance(rays.directions[beam, column], planes)
        if place < window.columns and distance > 0 and distance < math.inf:
            cuda.atomic.min(keys, row * window.columns + place, _key(distance, face))


@step
def _key(distance: Real, face: int) -> Any:
    """Pack a range and a face: the least key is the nearest hit, and of equal ones the first."""
    steps = int64(int(min(distance * STEPS_PER_METRE, FARTHEST)))
    return (steps << int64(FACE_BITS)) | int64(face)


@step
def _planes(a: Any, b: Any, c: Any) -> Any:
    """Return a face's normal, its corner's depth along it, and the normals of its edges' planes."""
    a = np.float64(a[0]), np.float64(a[1]), np.float64(a[2])
    b = np.float64(b[0]), np.float64(b[1]), np.float64(b[2])
    c = np.float64(c[0]), np.float64(c[1]), np.float64(c[2])
    normal = _cross(_minus(b, a), _minus(c, a))
    return normal, _dot(a, normal), _cross(b, c), _cross(c, a), _cross(a, b)


@step
def _distance(ray: Any, planes: Any) -> Any:
    """Return how far along a ray a face is, or zero if the ray misses it.

    Moeller and Trumbore's test for rays that share an origin, as in `motiondata.lidar.firing`.
    """
    normal, depth, bc, ca, ab = planes
    side = 1.0 if depth > 0 else -1.0
    u, v, w = side * _dot(ray, bc), side * _dot(ray, ca), side * _dot(ray, ab)
    along = _dot(ray, normal)
    if u >= 0 and v >= 0 and w >= 0 and along != 0:
        return depth / along
    return 0.0


@step
def _cross(a: Any, b: Any) -> Any:
    return (
        times(a[1], b[2]) - times(a[2], b[1]),
        times(a[2], b[0]) - times(a[0], b[2]),
        times(a[0], b[1]) - times(a[1], b[0]),
    )


@step
def _dot(a: Any, b: Any) -> Any:
    return times(a[0], b[0]) + times(a[1], b[1]) + times(a[2], b[2])


@step
def _minus(a: Any, b: Any) -> Any:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


# The hits.


@step
def _collect(
    vertices: Any,
    faces: Any,
    rays: Rays,
    window: Window,
    memory: Memory,
    noise: Noise,
    first_draw: int,
) -> int:
    """Gather the hits by beam and column, and return how many there are, or that they do not fit.

    Each thread has a stretch of the window: it counts its hits, then writes them after those of the
    threads before it.
    """
    counts, thread = memory.board.wholes[0], cuda.threadIdx.x
    cells = window.columns * window.beams
    stretch = (cells + cuda.blockDim.x - 1) // cuda.blockDim.x
    begin, end = min(cells, thread * stretch), min(cells, (thread + 1) * stretch)
    counts[thread] = _count(vertices, faces, rays, window, memory.window, begin, end)
    cuda.syncthreads()
    hit, hits = 0, 0
    for other in range(cuda.blockDim.x):
        hit += counts[other] if other < thread else 0
        hits += counts[other]
    if hits <= len(memory.x):
        for place in range(begin, end):
            beam, column, cell = _ray_at(place, rays, window)
            if memory.window[cell] != NO_HIT:
                face = memory.window[cell] & ((1 << FACE_BITS) - 1)
                distance = _distance_of(vertices, faces, face, rays.directions[beam, column])
                ray = rays.directions[beam, column]
                _report(hit, distance, ray, noise, first_draw, memory)
                memory.face[hit] = face
                hit += 1
    cuda.syncthreads()
    return hits if hits <= len(memory.x) else DOES_NOT_FIT


@step
def _count(
    vertices: Any, faces: Any, rays: Rays, window: Window, keys: Any, begin: int, end: int
) -> int:
    """Count the hits of a stretch of the window, and take out those beyond the sensor's limits."""
    hits = 0
    for place in range(begin, end):
        beam, column, cell = _ray_at(place, rays, window)
        if keys[cell] != NO_HIT:
            face = keys[cell] & ((1 << FACE_BITS) - 1)
            distance = _distance_of(vertices, faces, face, rays.directions[beam, column])
            if rays.limits[0] <= distance <= rays.limits[1]:
                hits += 1
            else:
                keys[cell] = NO_HIT
    return hits


@step
def _ray_at(place: int, rays: Rays, window: Window) -> Any:
    """Return the beam and the column that come at a place in their order, and their cell.

    A window that reaches across the last column has the first ones at its end.
    """
    row = place // window.columns
    beam, past = window.first_beam + row, place - row * window.columns
    first = _first_column(window, rays, beam)
    across = max(0, first + window.columns - rays.directions.shape[1])
    if past < across:
        return beam, past, (row + 1) * window.columns - across + past
    return beam, first + past - across, row * window.columns + past - across


@step
def _distance_of(vertices: Any, faces: Any, face: int, ray: Any) -> Real:
    a, b, c = _corners(vertices, faces, face)
    return _distance(ray, _planes(a, b, c))


@step
def _report(
    hit: int, distance: Real, ray: Any, noise: Noise, first_draw: int, memory: Memory
) -> None:
    x = np.float32(times(distance, ray[0]))
    y = np.float32(times(distance, ray[1]))
    z = np.float32(times(distance, ray[2]))
    if first_draw != EXACT:
        exact = np.float64(np.float32(distance))
        scale = max(exact + noise.draws[first_draw + hit], 0.0) / exact
        x = np.float32(times(np.float64(x), scale))
        y = np.float32(times(np.float64(y), scale))
        z = np.float32(times(np.float64(z), scale))
    memory.x[hit], memory.y[hit], memory.z[hit] = x, y, z


# The sample.


@step
def _sample(memory: Memory, hits: int, kept: int, parts: Any, points: Any, kept_parts: Any) -> None:
    """Keep points in farthest point order, then repeat them, or zeros where there are no hits."""
    thread, threads = cuda.threadIdx.x, cuda.blockDim.x
    distinct = min(hits, kept)
    point = _first_point(memory, hits) if hits > 0 else 0
    for place in range(distinct):
        if place % threads == thread:
            points[place, 0], points[place, 1] = memory.x[point], memory.y[point]
            points[place, 2], kept_parts[place] = memory.z[point], parts[memory.face[point]]
        point = _next_point(memory, hits, point)
    cuda.syncthreads()
    for place in range(distinct + thread, kept, threads):
        if hits > 0:
            for axis in range(3):
                points[place, axis] = points[place % distinct, axis]
            kept_parts[place] = kept_parts[place % distinct]
        else:
            points[place, 0], points[place, 1], points[place, 2] = ZERO, ZERO, ZERO
            kept_parts[place] = NO_PART


@step
def _first_point(memory: Memory, hits: int) -> int:
    """Return the point farthest from the middle of the bounding box."""
    bounds = memory.board.reals
    x, y = _middle(memory.x, hits, bounds), _middle(memory.y, hits, bounds)
    z = _middle(memory.z, hits, bounds)
    widest, first = NOTHING, LAST
    for point in range(cuda.threadIdx.x, hits, cuda.blockDim.x):
        square = _square(memory, point, x, y, z)
        memory.gap[point] = FAR
        if square > widest:
            widest, first = square, point
    return _first_of_widest(widest, first, memory.board)


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
    """Take a chosen point into account, and return the one that is then farthest from all."""
    x, y, z = memory.x[chosen], memory.y[chosen], memory.z[chosen]
    widest, first = NOTHING, LAST
    for point in range(cuda.threadIdx.x, hits, cuda.blockDim.x):
        gap = CHOSEN if point == chosen else min(memory.gap[point], _square(memory, point, x, y, z))
        memory.gap[point] = gap
        if gap > widest:
            widest, first = gap, point
    return _first_of_widest(widest, first, memory.board)


@step
def _square(memory: Memory, point: int, x: Real, y: Real, z: Real) -> Real:
    """Return the squared distance of a point, in the processor's order of operations."""
    dx, dy, dz = memory.x[point] - x, memory.y[point] - y, memory.z[point] - z
    return np.float32(times32(dx, dx) + times32(dy, dy) + times32(dz, dz))


@step
def _first_of_widest(widest: Real, first: int, board: Board) -> int:
    """Return, to all threads, the first point of those with the widest gap that any has found.

    In two levels, each a short loop: fewer barriers than a tree has, and no shuffles, which the
    simulator does not know.
    """
    gaps, group_gaps = board.reals[0], board.reals[1]
    points, group_points = board.wholes[0], board.wholes[1]
    thread, threads = cuda.threadIdx.x, cuda.blockDim.x
    gaps[thread], points[thread] = widest, first
    cuda.syncthreads()
    groups = (threads + GROUP - 1) // GROUP
    if thread < groups:
        for other in range(thread * GROUP, min(threads, (thread + 1) * GROUP)):
            if gaps[other] > widest or (gaps[other] == widest and points[other] < first):
                widest, first = gaps[other], points[other]
        group_gaps[thread], group_points[thread] = widest, first
    cuda.syncthreads()
    for group in range(groups):
        if group_gaps[group] > widest or (
            group_gaps[group] == widest and group_points[group] < first
        ):
            widest, first = group_gaps[group], group_points[group]
    return first
