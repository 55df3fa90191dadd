"""Close the holes of a mesh with its own vertices.

A closed skin lets watertightness be a test, and gives no ray a way into the head.
"""

from collections import Counter

import numpy as np


def close_holes(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return the faces with every boundary loop filled by its triangulation of least area."""
    patches = [_fill(vertices, loop) for loop in boundary_loops(faces)]
    return np.concatenate([faces, *patches])


def boundary_loops(faces: np.ndarray) -> list[list[int]]:
    """Return the loops of vertices that a patch would run through, outward like the faces."""
    edges = [(int(a), int(b)) for face in faces for a, b in zip(face, np.roll(face, -1), strict=True)]
    count = Counter((min(edge), max(edge)) for edge in edges)
    following = {b: a for a, b in edges if count[min(a, b), max(a, b)] == 1}
    loops = []
    while following:
        loop = [min(following)]
        while (after := following.pop(loop[-1])) != loop[0]:
            loop.append(after)
        loops.append(loop)
    return loops


def _fill(vertices: np.ndarray, loop: list[int]) -> np.ndarray:
    """Triangulate a loop with the least area (Barequet and Sharir 1995, by spans)."""
    points = vertices[loop]
    size = len(loop)
    cost, apex = np.zeros((size, size)), np.zeros((size, size), dtype=int)
    for span in range(2, size):
        for first in range(size - span):
            last = first + span
            options = [
                cost[first, middle] + cost[middle, last] + _area(points[[first, middle, last]])
                for middle in range(first + 1, last)
            ]
            apex[first, last] = first + 1 + int(np.argmin(options))
            cost[first, last] = min(options)
    return np.array(loop)[_unfold(apex, 0, size - 1)]


def _unfold(apex: np.ndarray, first: int, last: int) -> list[tuple[int, int, int]]:
    if last - first < 2:
        return []
    middle = int(apex[first, last])
    return [
        (first, middle, last),
        *_unfold(apex, first, middle),
        *_unfold(apex, middle, last),
    ]


def _area(triangle: np.ndarray) -> float:
    return float(np.linalg.norm(np.cross(triangle[1] - triangle[0], triangle[2] - triangle[0]))) / 2
