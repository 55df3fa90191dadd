"""Intersect candidates, and keep the nearest hit of each ray.

The test uses float64, in which products of two corners are exact, and vector instructions, for
which the corners and rays of a batch are first arranged in rows.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import inlined, step
from motiondata.lidar.cpu.buffers import BATCH, BLOCK, Buffers, Faces, Plane, Whole
from motiondata.lidar.cpu.ray_grid import RayGrid
from motiondata.lidar.cpu.simd import FOUR, gather_four

Vector = tuple[float, float, float]


@step
def intersect_candidates(
    vertices: Plane,
    faces: Faces,
    grid: RayGrid,
    buffers: Buffers,
    candidates: Whole,
) -> int:
    """Test the candidates, keep the nearest hits, and return the number left, which is 0."""
    buffers.candidates[candidates : candidates + FOUR] = (
        0  # tested with the last candidates, in groups of four
    )
    for start in range(0, candidates, BATCH):
        end = min(start + BATCH, candidates)
        _gather(vertices, faces, grid, buffers, start, end)
        _test(buffers.corners, buffers.rays, buffers.distances)
        _keep_nearest(buffers, start, end)
    return 0


@step
def _gather(
    vertices: Plane, faces: Faces, grid: RayGrid, buffers: Buffers, start: int, end: Whole
) -> None:
    """Arrange the corners and rays of a batch of candidates in rows, to vectorize the test.

    Candidates are handled in groups of four: the CPU stores four numbers in the time of one.
    """
    corners, rays, candidates = buffers.corners, buffers.rays, buffers.candidates
    xs, ys, zs = vertices[0], vertices[1], vertices[2]
    for place in range(0, end - start, FOUR):
        a, b, c, d = _four_candidates(candidates, start + place)
        e, f, g, h = _face(a), _face(b), _face(c), _face(d)
        for corner in range(3):
            i, j, k, m = faces[e, corner], faces[f, corner], faces[g, corner], faces[h, corner]
            row = place + 3 * BATCH * corner
            gather_four(corners, row, xs, i, j, k, m)
            gather_four(corners, row + BATCH, ys, i, j, k, m)
            gather_four(corners, row + 2 * BATCH, zs, i, j, k, m)
    for place in range(0, end - start, FOUR):
        a, b, c, d = _four_candidates(candidates, start + place)
        i, j, k, m = 3 * _ray(a), 3 * _ray(b), 3 * _ray(c), 3 * _ray(d)
        for axis in range(3):
            row = place + BATCH * axis
            gather_four(rays, row, grid.directions, i + axis, j + axis, k + axis, m + axis)


@inlined
def _four_candidates(candidates: NDArray[np.int64], at: Whole) -> tuple[Whole, Whole, Whole, Whole]:
    return (
        candidates[np.uint64(at)],
        candidates[np.uint64(at + 1)],
        candidates[np.uint64(at + 2)],
        candidates[np.uint64(at + 3)],
    )


@inlined
def _face(candidate: Whole) -> Whole:
    return np.uint32(candidate >> 32)


@inlined
def _ray(candidate: Whole) -> Whole:
    return np.uint32(candidate)


@step
def _test(
    corners: NDArray[np.float32], rays: NDArray[np.float64], distances: NDArray[np.float64]
) -> None:
    """Compute the range of each candidate, or infinity if the ray misses the face."""
    ax, ay, az = _row(corners, 0), _row(corners, 1), _row(corners, 2)
    bx, by, bz = _row(corners, 3), _row(corners, 4), _row(corners, 5)
    cx, cy, cz = _row(corners, 6), _row(corners, 7), _row(corners, 8)
    dx, dy, dz = _row(rays, 0), _row(rays, 1), _row(rays, 2)
    for candidate in range(BATCH):
        a = (np.float64(ax[candidate]), np.float64(ay[candidate]), np.float64(az[candidate]))
        b = (np.float64(bx[candidate]), np.float64(by[candidate]), np.float64(bz[candidate]))
        c = (np.float64(cx[candidate]), np.float64(cy[candidate]), np.float64(cz[candidate]))
        distance = distance_along((dx[candidate], dy[candidate], dz[candidate]), a, b, c)
        distances[candidate] = distance if distance > 0 else math.inf


@inlined
def _row(rows: NDArray[Any], number: int) -> NDArray[Any]:
    return rows[number * BATCH : number * BATCH + BATCH]


@step
def _keep_nearest(buffers: Buffers, start: int, end: Whole) -> None:
    """Keep the hits of a batch that are nearer than their rays' nearest hits so far.

    Of equally near faces, the one with the lowest number is kept.
    """
    candidates, distances, hit_places = buffers.candidates, buffers.distances, buffers.hit_places
    nearest, nearest_face, touched = buffers.nearest, buffers.nearest_face, buffers.touched
    hits = np.uint64(0)
    for place in range(np.uint64(end - start)):
        hit_places[hits] = place
        hits += np.uint64(distances[place] < math.inf)
    for hit in range(hits):
        at = np.uint32(hit_places[hit])
        candidate, distance = candidates[np.uint64(start + at)], distances[at]
        ray, face = _ray(candidate), np.int32(_face(candidate))
        nearer = distance < nearest[ray]
        nearer |= (distance == nearest[ray]) & (face < nearest_face[ray])
        nearest[ray] = distance if nearer else nearest[ray]
        nearest_face[ray] = face if nearer else nearest_face[ray]
        touched[ray // BLOCK] = 1


@inlined
def distance_along(d: Vector, a: Vector, b: Vector, c: Vector) -> float:
    """Return the distance along ray d to the face with these corners, or zero for a miss.

    This is Moeller and Trumbore's test for rays that share an origin: a ray hits a face if it is on
    the same side of the three planes through the sensor and each edge. For faces that share an
    edge, these planes are exactly opposite, so that no ray passes between the faces.
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
