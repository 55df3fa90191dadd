"""Reflection: the light that each hit of a fine ray sends back, by material and incidence.

Surfaces are Lambertian: the power falls with the cosine of the angle of incidence.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel
from motiondata.lidar.scans import Scan

STEEPEST = 0.05
"""The least cosine of incidence of a surface along which a jittered ray slides; below it, the range
is kept, because the surface is seen edge-on."""


@kernel
def reflect(
    planes: NDArray[np.float32],
    faces: NDArray[np.int32],
    face_reflectances: NDArray[np.float64],
    scan_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
    powers: NDArray[np.float64],
    slopes: NDArray[np.float64],
) -> None:
    """Write the power and the slope of each hit, shaped (hits,).

    `planes` are the vertices, shaped (frames, 3, vertices); `face_reflectances` is shaped (faces,).
    The power is reflectance times the cosine of incidence. The slope is the relative change of the
    range per radian of azimuth along the face.
    """
    scan = Scan(*scan_fields)
    points, hit_faces, ranges = scan.points, scan.faces, scan.ranges
    for frame in range(len(planes)):
        xs, ys, zs = planes[frame, 0], planes[frame, 1], planes[frame, 2]
        for hit in range(offsets[frame], offsets[frame + 1]):
            face = hit_faces[hit]
            i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
            x, y, z = np.float64(xs[i]), np.float64(ys[i]), np.float64(zs[i])
            ax, ay, az = xs[j] - x, ys[j] - y, zs[j] - z
            bx, by, bz = xs[k] - x, ys[k] - y, zs[k] - z
            nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
            px, py, pz = points[hit, 0], points[hit, 1], points[hit, 2]
            along = px * nx + py * ny + pz * nz
            length = ranges[hit] * math.sqrt(nx * nx + ny * ny + nz * nz)
            cosine = abs(along) / length if length > 0 else 0.0
            powers[hit] = cosine * face_reflectances[face]
            slopes[hit] = (py * nx - px * ny) / along if cosine > STEEPEST else 0.0
