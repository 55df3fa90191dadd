"""The scene of a dataset: meshes that stand still around every clip, in the world of its motion."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.lidar.surroundings import GROUND, OTHER, Box, Surroundings
from pipelines.products.lidar.mesh_reading import MeshReading
from shards.format.hashing import hash_bytes

LEVEL, FLOOR_METERS = 0.98, 0.2
"""A face is ground if the upward part of its normal is at least `LEVEL` (within 11 degrees) and all
its corners are within `FLOOR_METERS` of z = 0, the floor of the motion."""


@dataclass(frozen=True, eq=False)
class SceneMesh:
    """The meshes of a scene as surroundings, and the hash of their vertices and faces."""

    surroundings: Surroundings
    hash: str


def load_scene(paths: tuple[str, ...], points_within: float) -> SceneMesh | None:
    """Load the meshes of a scene; None without paths.

    Points on it are kept within `points_within` meters of the pelvis, horizontally. Raises
    `InputError` for files that are missing, have no surfaces, or are refused by `MeshReading.read`.
    """
    if not paths:
        return None
    meshes = [_read(Path(path)) for path in paths]
    firsts = np.cumsum([0, *(len(vertices) for vertices, _ in meshes)])
    vertices = np.concatenate([vertices for vertices, _ in meshes])
    parts = [faces + first for (_, faces), first in zip(meshes, firsts[:-1], strict=True)]
    faces = np.concatenate(parts).astype(np.int32)
    box = Box(points_within, -np.inf, np.inf) if points_within else None
    surroundings = Surroundings(vertices, faces, _labels(vertices, faces), box)
    return SceneMesh(surroundings, hash_bytes(vertices.tobytes() + faces.tobytes()))


def _read(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    if not path.is_file():
        raise InputError(f"{path}: expected a file of a mesh for --scene, found none")
    vertices, faces = MeshReading(remedy="save it in meters").read(path)
    if not _normals(vertices[faces]).any():
        raise InputError(
            f"{path}: expected a mesh with surfaces for --scene, found "
            f"{counted(len(faces), 'face')} without area; save it with faces that a ray can hit"
        )
    return vertices, faces


def _normals(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return normals of twice the length of the area of each face, from corners (faces, 3, 3)."""
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _labels(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.uint8]:
    corners = vertices[faces]
    normals = _normals(corners)
    lengths = np.sqrt((normals * normals).sum(axis=1))
    level = np.abs(normals[:, 2]) >= LEVEL * lengths
    low = (np.abs(corners[:, :, 2]) <= FLOOR_METERS).all(axis=1)
    return np.where(level & low, GROUND, OTHER).astype(np.uint8)


def joined(street: Surroundings | None, scene: Surroundings | None) -> Surroundings | None:
    """Return the surroundings of a sample; with a street, the points in its box are kept."""
    if street is None or scene is None:
        return street or scene
    return Surroundings(
        np.concatenate([street.vertices, scene.vertices]),
        np.concatenate([street.faces, scene.faces + len(street.vertices)]).astype(np.int32),
        np.concatenate([street.labels, scene.labels]),
        street.box,
    )
