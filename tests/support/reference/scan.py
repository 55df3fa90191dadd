"""The reference of scans: every ray against every face.

By the signs of three volumes, because a ray through an edge that two faces share then cannot slip
between them; Moeller and Trumbore's test, from the textbook, is beside it for everything else.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.sensor import Sensor, ray_directions


def nearest_faces(
    sensor: Sensor, vertices: NDArray[np.float32], faces: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the face that each ray hits first, or -1, and its range, each (beams, columns)."""
    rays = ray_directions(sensor)
    nearest = np.full(rays.shape[:2], np.inf)
    hit = np.full(rays.shape[:2], -1, np.int32)
    for number, corners in enumerate(vertices.astype(np.float64)[faces]):
        distance = _distances(rays, *corners)
        hit[distance < nearest] = number
        nearest = np.minimum(nearest, distance)
    outside = (nearest < sensor.min_range) | (nearest > sensor.max_range)
    return np.where(outside, -1, hit), np.where(outside, np.inf, nearest)


def _distances(
    rays: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how far along each ray the face lies, or infinity."""
    normal = np.cross(b - a, c - a)
    depth = np.sum(a * normal)
    sides = np.stack([np.sum(rays * np.cross(*edge), axis=-1) for edge in ((b, c), (c, a), (a, b))])
    inside = np.all(sides * np.sign(depth) >= 0, axis=0) & (depth != 0)
    with np.errstate(all="ignore"):
        distance = depth / np.sum(rays * normal, axis=-1)
    return np.where(inside & (distance > 0), distance, np.inf)


def moeller_trumbore(
    ray: NDArray[np.float64], corners: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return the range, and the two barycentric coordinates, of a ray from the origin on a plane.

    Source: Moeller and Trumbore, Fast, minimum storage ray-triangle intersection, 1997.
    """
    edge_1, edge_2 = corners[1] - corners[0], corners[2] - corners[0]
    p = np.cross(ray, edge_2)
    determinant = edge_1 @ p
    u = -(corners[0] @ p) / determinant
    q = np.cross(-corners[0], edge_1)
    return edge_2 @ q / determinant, u, ray @ q / determinant
