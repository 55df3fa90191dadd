"""Close the holes of a mesh with its own vertices.

A closed skin can be tested for being closed, and lets no ray into the head. New vertices would
need weights and shapes too.
"""

from collections import Counter

import numpy as np


def close_holes(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return the faces, with every hole filled by its triangulation of least area."""
    return np.concatenate([faces, *(_fill(vertices, loop) for loop in _hole_loops(faces))])


def _hole_loops(faces: np.ndarray) -> list[list[int]]:
    """Return the vertices around each hole, in the order of a face that would fill it."""
    edges = [tuple(edge) for edge in faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).tolist()]
    uses = Counter(frozenset(edge) for edge in edges)
    following = {end: start for start, end in edges if uses[frozenset((start, end))] == 1}
    loops = []
    while following:
        loop = [min(following)]
        while (after := following.pop(loop[-1])) != loop[0]:
            loop.append(after)
        loops.append(loop)
    return loops


def _fill(vertices: np.ndarray, loop: list[int]) -> np.ndarray:
    """Triangulate a loop with the least area, by ever longer spans (Barequet and Sharir 1995)."""
    points, size = vertices[loop], len(loop)
    area, apex = np.zeros((size, size)), np.zeros((size, size), dtype=int)
    for span in range(2, size):
        for first in range(size - span):
            last = first + span
            middles = np.arange(first + 1, last)
            sides = points[middles] - points[first], points[last] - points[first]
            triangles = np.linalg.norm(np.cross(*sides), axis=1) / 2
            areas = area[first, middles] + area[middles, last] + triangles
            apex[first, last] = middles[areas.argmin()]
            area[first, last] = areas.min()
    return np.array(loop)[_triangles(apex, 0, size - 1)]


def _triangles(apex: np.ndarray, first: int, last: int) -> list[tuple[int, int, int]]:
    if last - first < 2:
        return []
    middle = int(apex[first, last])
    below, above = _triangles(apex, first, middle), _triangles(apex, middle, last)
    return [(first, middle, last), *below, *above]
