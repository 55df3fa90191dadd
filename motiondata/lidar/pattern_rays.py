"""Kernels of scan patterns: rays from angles, and rays through turning prisms."""

import math

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.trigonometry import cosine, sine

Floats = NDArray[np.float64]
Vector = tuple[float, float, float]


@kernel
def unit_vectors(azimuth: Floats, elevation: Floats) -> Floats:
    """Return unit vectors, shaped (lines, shots, 3), of angles shaped (lines, shots), radians."""
    rays = np.empty((*azimuth.shape, 3))
    for line in range(azimuth.shape[0]):
        for shot in range(azimuth.shape[1]):
            around, above = azimuth[line, shot], elevation[line, shot]
            level = cosine(above)
            rays[line, shot, 0] = level * cosine(around)
            rays[line, shot, 1] = level * sine(around)
            rays[line, shot, 2] = sine(above)
    return rays


@kernel
def refract_fan(lines: Floats, turns: Floats, wedges: Floats, index: float) -> Floats:
    """Return where an upright fan of lasers goes behind turning prisms, shaped (lines, shots, 3).

    `lines` are elevations of lasers, shaped (lines,); `turns` the angles of the prisms, shaped
    (prisms, shots); `wedges` the angles between the faces of each prism, shaped (prisms,); radians.
    Light meets the inclined face of a prism first. The other face is across x.
    """
    rays = np.empty((len(lines), turns.shape[1], 3))
    faces = np.empty((len(wedges), 3))
    for shot in range(turns.shape[1]):
        for prism in range(len(wedges)):
            lean, turn = sine(wedges[prism]), turns[prism, shot]
            faces[prism, 0] = cosine(wedges[prism])
            faces[prism, 1], faces[prism, 2] = lean * cosine(turn), lean * sine(turn)
        for line in range(len(lines)):
            ray = (cosine(lines[line]), 0.0, sine(lines[line]))
            for prism in range(len(wedges)):
                face = (faces[prism, 0], faces[prism, 1], faces[prism, 2])
                ray = _refracted(ray, face, 1 / index)
                ray = _refracted(ray, (1.0, 0.0, 0.0), index)
            rays[line, shot, 0], rays[line, shot, 1], rays[line, shot, 2] = ray
    return rays


@step
def _refracted(ray: Vector, normal: Vector, ratio: float) -> Vector:
    """Bend a ray at a face by Snell's law in vectors.

    `normal` points to the side that the ray leaves to; `ratio` is the refractive index before the
    face over the one behind it.
    """
    along = ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2]
    behind = math.sqrt(max(1 - ratio * ratio * (1 - along * along), 0.0))
    shift = behind - ratio * along
    return (
        ratio * ray[0] + shift * normal[0],
        ratio * ray[1] + shift * normal[1],
        ratio * ray[2] + shift * normal[2],
    )
