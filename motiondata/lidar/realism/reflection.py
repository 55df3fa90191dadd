"""Reflection: the light that each hit of a fine ray sends back, and how its face lies and moves.

Surfaces are Lambertian: the power falls with the cosine of the angle of incidence.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.lidar.cpu.buffers import Whole
from motiondata.lidar.scans import Scan

STEEPEST = 0.05
"""The least cosine of incidence of a surface along which a jittered ray slides, or which moves
along the ray; below it, the range is kept, because the surface is seen edge-on."""


class Shading(NamedTuple):
    """What the surface does at each hit."""

    powers: NDArray[np.float64]
    """Reflectance times the cosine of incidence, shaped (hits,)."""
    slopes: NDArray[np.float64]
    """The relative change of the range per radian of azimuth along the face, shaped (hits,)."""
    drifts: NDArray[np.float64]
    """The relative change of the range per second along the ray, as the face moves, shaped
    (hits,). A face moves as its first vertex does."""


def empty_shading(hits: int) -> Shading:
    """Return memory for the shading of hits."""
    return Shading(*np.empty((3, hits)))


@kernel
def reflect(
    planes: NDArray[np.float32],
    faces: NDArray[np.int32],
    face_reflectances: NDArray[np.float64],
    scan_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
    shading_fields: tuple[Any, ...],
) -> None:
    """Write the shading of the hits on meshes that stand still.

    `planes` are the vertices, shaped (frames, 3, vertices); `face_reflectances` is shaped (faces,).
    """
    scan, shading = Scan(*scan_fields), Shading(*shading_fields)
    for frame in range(len(planes)):
        seen, span = planes[frame], (offsets[frame], offsets[frame + 1])
        shade(seen, seen, seen, 0.0, faces, face_reflectances, scan, span, shading)


@step
def shade(
    seen: NDArray[np.float32],
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    frequency: float,
    faces: NDArray[np.int32],
    face_reflectances: NDArray[np.float64],
    scan: Scan,
    span: tuple[Whole, Whole],
    shading: Shading,
) -> None:
    """Write the shading of the hits of one frame, which are those of the `span`.

    `seen`, `start` and `end` are the vertices, shaped (3, vertices): as they are scanned, and
    before and after a motion that lasts 1 / `frequency` seconds. With a frequency of 0, there are
    no drifts.
    """
    points, hit_faces, ranges = scan.points, scan.faces, scan.ranges
    xs, ys, zs = seen[0], seen[1], seen[2]
    for hit in range(span[0], span[1]):
        face = hit_faces[hit]
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        corners = (
            (np.float64(xs[i]), np.float64(ys[i]), np.float64(zs[i])),
            (np.float64(xs[j]), np.float64(ys[j]), np.float64(zs[j])),
            (np.float64(xs[k]), np.float64(ys[k]), np.float64(zs[k])),
        )
        point = (points[hit, 0], points[hit, 1], points[hit, 2])
        motion = (end[0, i] - start[0, i], end[1, i] - start[1, i], end[2, i] - start[2, i])
        cosine, slope, drift = shading_of(corners, point, ranges[hit], motion, frequency)
        shading.powers[hit] = cosine * face_reflectances[face]
        shading.slopes[hit], shading.drifts[hit] = slope, drift


@step
def shading_of(
    corners: tuple[Any, Any, Any], point: Any, distance: Any, motion: Any, frequency: float
) -> tuple[float, float, float]:
    """Return the cosine of incidence, the slope and the drift of a hit, on CPUs and GPUs.

    `corners` are those of its face, in float64; `motion` is how far the first one moves in 1 /
    `frequency` seconds.
    """
    (x, y, z), b, c = corners
    ax, ay, az = b[0] - x, b[1] - y, b[2] - z
    bx, by, bz = c[0] - x, c[1] - y, c[2] - z
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    px, py, pz = point
    along = px * nx + py * ny + pz * nz
    length = distance * math.sqrt(nx * nx + ny * ny + nz * nz)
    cosine = abs(along) / length if length > 0 else 0.0
    per_depth = 1 / along if cosine > STEEPEST else 0.0
    nearer = 0.0
    if frequency != 0:
        nearer = motion[0] * nx + motion[1] * ny + motion[2] * nz
    return cosine, (py * nx - px * ny) * per_depth, nearer * per_depth * frequency
