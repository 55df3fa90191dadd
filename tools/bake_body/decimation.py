"""Decimate a closed mesh to a subset of its vertices.

Edges collapse onto one of their ends in the order of Garland and Heckbert's quadric error (1997):
weights and shapes of the vertices that stay are then exact, where free placement blurs them.
"""

import heapq
from dataclasses import dataclass, field

import numpy as np

EVENNESS = 0.02
"""The share of squared edge length in a collapse's cost. It keeps slivers, which bend badly, out
of flat regions, and takes vertices from face and fingers rather than from the trunk."""

LEAST_NORMAL_COSINE = 0.3
"""No collapse turns a face's normal by more than this, so none folds the surface over."""

MOST_NEIGHBORS = 9

Collapse = tuple[float, int, int, int, int]
"""Cost, vertex that goes, vertex that stays, and the ages at which that cost was theirs."""


@dataclass(frozen=True)
class _Mesh:
    """A mesh in the middle of its decimation; its containers change."""

    points: np.ndarray
    triangles: dict[int, tuple[int, int, int]]
    around: list[set[int]]
    """The triangles at each vertex."""
    quadrics: np.ndarray
    """(vertices, 4, 4), squared distance to the planes of the faces, weighted by their areas."""
    areas: np.ndarray
    """(vertices,), of the faces at each vertex."""
    ages: list[int]
    """How often each vertex has changed: a queued cost of another age is stale."""
    queue: list[Collapse] = field(default_factory=list)

    def neighbors(self, vertex: int) -> set[int]:
        return {v for t in self.around[vertex] for v in self.triangles[t]} - {vertex}


def decimate(points: np.ndarray, faces: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers (target,) of the vertices that stay, and the faces among them."""
    mesh = _mesh(points, faces)
    used = np.unique(faces).tolist()
    for vertex in used:
        _offer(mesh, vertex)
    left = len(used)
    while left > target:
        _, gone, kept, *ages = heapq.heappop(mesh.queue)
        if [mesh.ages[gone], mesh.ages[kept]] == ages and _allowed(mesh, gone, kept):
            _collapse(mesh, gone, kept)
            _offer(mesh, kept)
            left -= 1
    vertices, renumbered = np.unique(list(mesh.triangles.values()), return_inverse=True)
    return vertices, renumbered.reshape(-1, 3)


def _mesh(points: np.ndarray, faces: np.ndarray) -> _Mesh:
    areas, of_face = _face_quadrics(points[faces])
    quadrics, vertex_areas = np.zeros((len(points), 4, 4)), np.zeros(len(points))
    around: list[set[int]] = [set() for _ in points]
    np.add.at(quadrics, faces.ravel(), of_face.repeat(3, axis=0))
    np.add.at(vertex_areas, faces.ravel(), areas.repeat(3))
    triangles = {number: (a, b, c) for number, (a, b, c) in enumerate(faces.tolist())}
    for number, corners in triangles.items():
        for vertex in corners:
            around[vertex].add(number)
    return _Mesh(points, triangles, around, quadrics, vertex_areas, [0] * len(points))


def _face_quadrics(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas (faces,) and quadrics (faces, 4, 4) of triangles (faces, 3, 3)."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals /= lengths
    planes = np.append(normals, -np.sum(normals * corners[:, 0], axis=1, keepdims=True), axis=1)
    areas = lengths[:, 0] / 2
    return areas, np.einsum("f,fa,fb->fab", areas, planes, planes)


def _offer(mesh: _Mesh, vertex: int) -> None:
    """Queue the collapses of a vertex's edges, both ways."""
    for other in sorted(mesh.neighbors(vertex)):
        for gone, kept in ((vertex, other), (other, vertex)):
            ages = mesh.ages[gone], mesh.ages[kept]
            heapq.heappush(mesh.queue, (_cost(mesh, gone, kept), gone, kept, *ages))


def _cost(mesh: _Mesh, gone: int, kept: int) -> float:
    place = np.append(mesh.points[kept], 1.0)
    error = place @ (mesh.quadrics[gone] + mesh.quadrics[kept]) @ place
    edge = mesh.points[gone] - mesh.points[kept]
    return float(error + EVENNESS * mesh.areas[gone] * (edge @ edge))


def _allowed(mesh: _Mesh, gone: int, kept: int) -> bool:
    """Whether the surface stays closed, simple and unfolded."""
    rings = mesh.neighbors(gone), mesh.neighbors(kept)
    if kept not in rings[0] or len(rings[0] & rings[1]) != 2:
        return False  # the link condition: otherwise the surface would touch itself
    if len(rings[0] | rings[1]) - 2 > MOST_NEIGHBORS:
        return False
    stretched = mesh.around[gone] - mesh.around[kept]
    return all(_normal_holds(mesh, number, gone, kept) for number in stretched)


def _normal_holds(mesh: _Mesh, number: int, gone: int, kept: int) -> bool:
    corners = mesh.triangles[number]
    before = _normal(mesh.points[list(corners)])
    after = _normal(mesh.points[[kept if v == gone else v for v in corners]])
    lengths = np.linalg.norm(before) * np.linalg.norm(after)
    return bool(before @ after > LEAST_NORMAL_COSINE * lengths)


def _normal(corners: np.ndarray) -> np.ndarray:
    return np.cross(corners[1] - corners[0], corners[2] - corners[0])


def _collapse(mesh: _Mesh, gone: int, kept: int) -> None:
    for number in mesh.around[gone] & mesh.around[kept]:
        for vertex in mesh.triangles.pop(number):
            mesh.around[vertex].discard(number)
    for number in mesh.around[gone]:
        a, b, c = (kept if v == gone else v for v in mesh.triangles[number])
        mesh.triangles[number] = (a, b, c)
    mesh.around[kept] |= mesh.around[gone]
    mesh.around[gone].clear()
    for quantity in (mesh.quadrics, mesh.areas):
        quantity[kept] += quantity[gone]
    for vertex in (gone, kept):
        mesh.ages[vertex] += 1
