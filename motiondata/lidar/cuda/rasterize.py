"""Scan a frame: find the first face that each ray of its window hits.

Each face is tested only against the rays that it could touch, and the nearest hit of a ray is found
by an atomic minimum. The intersection test has the same operations in the same order as on the CPU
(`motiondata.lidar.cpu.ray_triangle`). `times` stops the compiler from fusing a product and a sum,
which would round once where the CPU rounds twice.
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
from motiondata.lidar.cuda.fields import Rays, Window
from motiondata.lidar.cuda.jit import step, times
from motiondata.lidar.cuda.windows import first_column

FACE_BITS = 24
"""The lower bits of a key, which contain the face; the upper bits contain the range."""

STEPS_PER_METER = 2.0**26
"""The resolution of ranges in a key: ranges in the same step, of 15 nm, count as equal."""

FARTHEST = 2.0**38
"""The maximum range in steps; all ranges beyond it (4 km) count as equal."""


@step
def scan(vertices: Any, faces: Any, rays: Rays, window: Window, keys: Any) -> None:
    """Write the key of each ray's first hit to the window."""
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
def _bounds(a: Any, b: Any, c: Any) -> Any:
    """Return lower and upper bounds on a face's azimuth and on the tangent of its elevation."""
    azimuth = math.atan2(a[1], a[0])
    ab = angle_between(azimuth, math.atan2(b[1], b[0]))
    ac = angle_between(azimuth, math.atan2(c[1], c[0]))
    low, high = min(ZERO, ab, ac), max(ZERO, ab, ac)
    if high - low > WIDE:
        return ZERO, TURN, -FAR, FAR
    of_a, of_b, of_c = tangent(a[0], a[1], a[2]), tangent(b[0], b[1], b[2]), tangent(*c)
    bottom, top = stretched(min(of_a, of_b, of_c), max(of_a, of_b, of_c), high - low)
    low, high = azimuth + low - ANGLE_ERROR, azimuth + high + ANGLE_ERROR
    return np.float32(low), np.float32(high), bottom, top


@step
def _first_beam(tangents: Any, bottom: Real) -> int:
    """Return the index of the first sorted beam that is not below a tangent."""
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
    """Test a face against the rays of a beam between two azimuths."""
    columns = rays.directions.shape[1]
    columns_per_radian = np.float32(columns) / TURN
    first = int64(math.ceil((low - rays.offsets[beam]) * columns_per_radian))
    last = int64(math.floor((high - rays.offsets[beam]) * columns_per_radian))
    row = beam - window.first_beam
    if first > last or row < 0 or row >= window.beams:
        return
    start = first_column(window, rays, beam)
    for unwrapped in range(first, min(last, first + columns - 1) + 1):
        column = wrapped(unwrapped, columns)
        place = wrapped(column - start, columns)
        distance = _distance(rays.directions[beam, column], planes)
        if place < window.columns and distance > 0 and distance < math.inf:
            cuda.atomic.min(keys, row * window.columns + place, _key(distance, face))


@step
def _key(distance: Real, face: int) -> Any:
    """Pack a range and a face; the minimum key is the nearest hit, or the first of equal ones."""
    steps = int64(int(min(distance * STEPS_PER_METER, FARTHEST)))
    return (steps << int64(FACE_BITS)) | int64(face)


@step
def _corners(vertices: Any, faces: Any, face: int) -> Any:
    i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
    return (
        (vertices[i, 0], vertices[i, 1], vertices[i, 2]),
        (vertices[j, 0], vertices[j, 1], vertices[j, 2]),
        (vertices[k, 0], vertices[k, 1], vertices[k, 2]),
    )


@step
def _planes(a: Any, b: Any, c: Any) -> Any:
    """Return a face's normal, a corner's depth along it, and the normals of the edge planes."""
    a = np.float64(a[0]), np.float64(a[1]), np.float64(a[2])
    b = np.float64(b[0]), np.float64(b[1]), np.float64(b[2])
    c = np.float64(c[0]), np.float64(c[1]), np.float64(c[2])
    normal = _cross(_minus(b, a), _minus(c, a))
    return normal, _dot(a, normal), _cross(b, c), _cross(c, a), _cross(a, b)


@step
def _distance(ray: Any, planes: Any) -> Any:
    """Return the distance along a ray to a face, or zero if the ray misses it.

    Moeller and Trumbore's test for rays that share an origin, as in
    `motiondata.lidar.cpu.ray_triangle`.
    """
    normal, depth, bc, ca, ab = planes
    side = 1.0 if depth > 0 else -1.0
    u, v, w = side * _dot(ray, bc), side * _dot(ray, ca), side * _dot(ray, ab)
    along = _dot(ray, normal)
    if u >= 0 and v >= 0 and w >= 0 and along != 0:
        return depth / along
    return 0.0


@step
def distance_of(vertices: Any, faces: Any, face: int, ray: Any) -> Real:
    """Return the distance along a ray to a face by its number, or zero if the ray misses it."""
    a, b, c = _corners(vertices, faces, face)
    return _distance(ray, _planes(a, b, c))


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
