"""Scales: the thresholds that turn a measured value into a category.

Sources of the thresholds: PoseScript (Delmas et al. 2022) for poses, PoseFix (Delmas et al. 2023)
for pairs, as in naver/posescript. There, random offsets are added to thresholds while texts are
written; here they are not, so that a category is a fact about the poses.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """Thresholds in rising order, which cut values into one category more."""

    unit: str
    """`degrees` or `meters`."""
    thresholds: tuple[float, ...]
    said: tuple[int, ...]
    """The categories that texts may name."""

    @property
    def least(self) -> float:
        """The lowest threshold above 0: the smallest change that counts."""
        return next(each for each in self.thresholds if each > 0)

    @property
    def categories(self) -> int:
        """The number of categories."""
        return len(self.thresholds) + 1


BEND = Scale("degrees", (45, 75, 105, 135, 160), (0, 1, 2, 3, 4, 5))
"""Angles of knees and elbows, from completely bent to straight."""
SPREAD = Scale("meters", (0.20, 0.40, 0.80), (0, 1, 2, 3))
"""Distances of the two sides: close, shoulder width, spread, wide."""
NEAR = Scale("meters", (0.20, 0.40, 0.80), (0,))
"""Distances of other points, of which texts say only that they are close."""
SIDE = Scale("meters", (-0.15, -0.05, 0.05, 0.15), (0, 4))
"""Offsets of points. Only the outer categories are clear enough for a text."""
TILT = Scale("degrees", (10, 80), (0, 2))
"""Angles to the vertical: vertical, neither, horizontal."""
GROUND = Scale("meters", (0.10,), (0,))
"""Heights above the lowest point: on the ground or not."""

ANGLE_CHANGE = Scale("degrees", (-80, -45, -18, 18, 45, 80), (-3, -2, -1, 1, 2, 3))
DISTANCE_CHANGE = Scale("meters", (-0.40, -0.10, 0.10, 0.40), (-2, -1, 1, 2))
PLACE_CHANGE = Scale("meters", (-0.40, -0.15, 0.15, 0.40), (-2, -1, 1, 2))
LEAN_CHANGE = Scale("degrees", (-45, -20, 20, 45), (-2, -1, 1, 2))
TWIST_CHANGE = Scale("degrees", (-30, -15, 15, 30), (-2, -1, 1, 2))
NOD_CHANGE = Scale("degrees", (-30, 30), (-1, 1))
HEADING_CHANGE = Scale(
    "degrees", (-150, -120, -60, -20, 20, 60, 120, 150), (-4, -3, -2, -1, 1, 2, 3, 4)
)
"""Changes from the first pose to the second. Their categories are levels: 0 is no change that
counts, and negative levels are decreases."""


def to_categories(values: Floats, scale: Scale) -> NDArray[np.int8]:
    """Return the category of each value of a pose: the number of thresholds below it."""
    return np.searchsorted(scale.thresholds, values, side="left").astype(np.int8)


def to_levels(changes: Floats, scale: Scale) -> NDArray[np.int8]:
    """Return the level of each change, from the second pose minus the first.

    PoseFix has the first minus the second, and a threshold belongs to the category below it. So
    here it belongs to the one above.
    """
    places = np.searchsorted(scale.thresholds, changes, side="right")
    return (places - len(scale.thresholds) // 2).astype(np.int8)
