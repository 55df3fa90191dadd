"""Where two ray tracers may differ: near an edge, and at a grazing angle."""

import numpy as np
from numpy.typing import NDArray

from tests.support.meshes import Mesh

ROUNDING = 1e-6
"""Radians: several times what float32 can turn a ray by."""


def angle_to_edges(ray: NDArray[np.float64], mesh: Mesh) -> float:
    """Return the smallest angle in radians between a ray and an edge of any face."""
    a = mesh[0].astype(np.float64)[mesh[1]].reshape(-1, 3)
    b = mesh[0].astype(np.float64)[np.roll(mesh[1], -1, axis=1)].reshape(-1, 3)
    normal = np.cross(a, b)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    between = (np.cross(normal, a) @ ray > 0) & (np.cross(b, normal) @ ray > 0)
    return float(np.arcsin(np.abs(normal[between] @ ray).min()))


def slide(ray: NDArray[np.float64], corners: NDArray[np.float32]) -> float:
    """Return by how many meters a ray's hit moves along it for each radian that the ray turns."""
    a, b, c = corners.astype(np.float64)
    normal = np.cross(b - a, c - a)
    across = np.linalg.norm(np.cross(ray, normal)) / abs(ray @ normal)
    return float(across * (a @ normal) / (ray @ normal))
