"""The reference of farthest point sampling: the definition, step by step."""

import numpy as np
from numpy.typing import NDArray


def farthest_points(points: NDArray[np.float32], k: int) -> list[int]:
    """Return which points to keep, in order; `argmax` takes the first of equals."""
    middle = (points.min(axis=0) + points.max(axis=0)) * np.float32(0.5)
    chosen = [int(np.argmax(_squares(points, middle)))]
    while len(chosen) < len(points):
        gaps = np.min([_squares(points, points[one]) for one in chosen], axis=0)
        gaps[chosen] = -1
        chosen.append(int(np.argmax(gaps)))
    return [chosen[place % len(chosen)] for place in range(k)]


def _squares(points: NDArray[np.float32], point: NDArray[np.float32]) -> NDArray[np.float32]:
    difference = points - point
    x, y, z = difference[:, 0], difference[:, 1], difference[:, 2]
    return x * x + y * y + z * z
