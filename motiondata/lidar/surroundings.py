"""Surroundings: things that stand still around a person, and the part of a scan that is kept."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCENE_MATERIAL = 200
"""The material of a face of the surroundings is this number plus its label."""

NOT_THE_PERSON = 254
"""The body part of points that do not lie on the person."""

PERSON, GROUND, OCCLUDER, OTHER = range(4)
"""The labels of points: the person, the ground, things in front, clutter and other people."""


@dataclass(frozen=True)
class Box:
    """The part of a scan that is kept: a cylinder that follows the pelvis; meters, world frame."""

    radius: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Things that stand still, as triangles; meters, world frame. They hide what is behind them."""

    vertices: NDArray[np.float64]
    """Shaped (vertices, 3)."""
    faces: NDArray[np.int32]
    """Shaped (faces, 3)."""
    labels: NDArray[np.uint8]
    """Shaped (faces,)."""
    box: Box | None
    """The part of a scan that is kept; None keeps only the points of the person."""
