"""Decimate a closed mesh to a subset of its own vertices.

Quadric error collapses (Garland and Heckbert 1997) of an edge onto one of its ends: what belongs
to the vertices kept (weights, shape directions) stays exact, which free placement would blur.
"""

import heapq
from dataclasses import dataclass, field

import numpy as np

EVENNESS = 0.02
"""The share of squared edge length in a collapse's cost: keeps flat regions from growing slivers,
which would bend badly, and spreads the vertices as evenly as a sensor samples the skin."""

LEAST_NORMAL_COSINE = 0.3
"""No collapse turns a face's normal further than this cosine."""

MOST_NEIGHBOURS = 9


@dataclass
class _Mesh:
    points: np.ndarray
    triangles: dict[int, tuple[int, int, int]]
    around: list[set[int]]
    """The triangles at each vertex."""
    quadrics: np.ndarray
    """(vertices, 4, 4), squared distance to the planes of the faces, weighted by their area."""
    areas: np.ndarray
    """(vertices,), of the faces at each vertex."""
    age: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.age = np.zeros(len(self.points), dtype=int)

    def neighbours(self, vertex: int) -> set[int]:
        return {v for t in self.around[vertex] for v in self.triangles[t]} - {vertex}


def decimate(points: np.ndarray, faces: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the `target` vertices kept, and faces (faces, 3) among them."""
    mesh = _build(points, faces)
    queue: list[tuple[float, int, int, int, int]] = []
    for vertex in np.unique(faces).tolist():
        _offer(mesh, vertex, queue)
    left = len(np.unique(faces))
    while left > target:
        _, gone, kept, age_gone, age_kept = heapq.heappop(queue)
        if (mesh.age[gone], mesh.age[kept]) != (age_gone, age_kept):
            continue
        if _allowed(mesh, gone, kept):
            _collapse(mesh, gone, kept, queue)
            left -= 1
    kept_faces = np.array(list(mesh.triangles.values()))
    vertices, renumbered = np.unique(kept_faces, return_inverse=True)
    return vertices, renumbered.reshape(-1, 3)


def _build(points: np.ndarray, faces: np.ndarray) -> _Mesh:
    normals = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    doubled = np.linalg.norm(normals, axis=1)
    planes = np.concatenate([normals, -np.sum(normals * points[faces[:, 0]], axis=1)[:, None]], axis=1)
    planes /= np.maximum(doubled, 1e-12)[:, None]
    of_face = planes[:, :, None] * planes[:, None, :] * (doubled / 2)[:, None, None]
    quadrics, areas = np.zeros((len(points), 4, 4)), np.zeros(len(points))
    around: list[set[int]] = [set() for _ in points]
    for corner in range(3):
        np.add.at(quadrics, faces[:, corner], of_face)
        np.add.at(areas, faces[:, corner], doubled / 2)
    for number, face in enumerate(faces.tolist()):
        for vertex in face:
            around[vertex].add(number)
    triangles = {number: (a, b, c) for number, (a, b, c) in enumerate(faces.tolist())}
    return _Mesh(points, triangles, around, quadrics, areas)


def _offer(mesh: _Mesh, vertex: int, queue: list[tuple[float, int, int, int, int]]) -> None:
    """Queue the collapses of a vertex's edges, both ways."""
    for other in sorted(mesh.neighbours(vertex)):
        for gone, kept in ((vertex, other), (other, vertex)):
            ages = (int(mesh.age[gone]), int(mesh.age[kept]))
            heapq.heappush(queue, (_cost(mesh, gone, kept), gone, kept, *ages))


def _cost(mesh: _Mesh, gone: int, kept: int) -> float:
    place = np.append(mesh.points[kept], 1.0)
    error = place @ (mesh.quadrics[gone] + mesh.quadrics[kept]) @ place
    edge = mesh.points[gone] - mesh.points[kept]
    return float(error + EVENNESS * mesh.areas[gone] * (edge @ edge))


def _allowed(mesh: _Mesh, gone: int, kept: int) -> bool:
    ring_gone, ring_kept = mesh.neighbours(gone), mesh.neighbours(kept)
    if kept not in ring_gone or len(ring_gone & ring_kept) != 2:
        return False  # the link condition: otherwise the surface would touch itself
    if len(ring_gone | ring_kept) - 2 > MOST_NEIGHBOURS:
        return False
    return all(
        _normal_holds(mesh, mesh.triangles[t], gone, kept)
        for t in mesh.around[gone] - mesh.around[kept]
    )


def _normal_holds(mesh: _Mesh, triangle: tuple[int, int, int], gone: int, kept: int) -> bool:
    before = _normal(mesh.points[list(triangle)])
    after = _normal(mesh.points[[kept if v == gone else v for v in triangle]])
    lengths = np.linalg.norm(before) * np.linalg.norm(after)
    return bool(before @ after > LEAST_NORMAL_COSINE * lengths)


def _normal(corners: np.ndarray) -> np.ndarray:
    return np.cross(corners[1] - corners[0], corners[2] - corners[0])


def _collapse(
    mesh: _Mesh, gone: int, kept: int, queue: list[tuple[float, int, int, int, int]]
) -> None:
    for number in mesh.around[gone] & mesh.around[kept]:
        for vertex in mesh.triangles.pop(number):
            mesh.around[vertex].discard(number)
    for number in mesh.around[gone]:
        a, b, c = (kept if v == gone else v for v in mesh.triangles[number])
        mesh.triangles[number] = (a, b, c)
    mesh.around[kept] |= mesh.around[gone]
    mesh.around[gone] = set()
    mesh.quadrics[kept] += mesh.quadrics[gone]
    mesh.areas[kept] += mesh.areas[gone]
    mesh.age[gone] += 1
    mesh.age[kept] += 1
    _offer(mesh, kept, queue)
