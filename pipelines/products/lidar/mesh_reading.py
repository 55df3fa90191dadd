"""Read files of meshes in AMASS's world: z up, meters."""

import json
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.lidar.scan_mesh import mesh_arrays
from motiondata.motion_files.body_motion import T_YUP_WORLD
from pipelines.products.lidar.options import AUTO, Y_UP

SUFFIXES = (".obj", ".ply", ".stl", ".off", ".glb", ".gltf")
"""The files of a folder that are meshes."""
Y_UP_SUFFIXES = (".obj", ".glb", ".gltf")
"""Files that have y up by specification (glTF) or custom."""
GLB_JSON = 20
"""The first byte of the JSON in a .glb file; its length is in bytes 12 to 15 (glTF 2.0, 4.4)."""
MAX_METERS = 100.0
"""A larger mesh is probably not in meters: a person in centimeters or millimeters is larger, and
most scenes that a LiDAR sees are smaller."""
CHOOSE_SCALE = (
    "choose --scale 0.001 for millimeters, 0.01 for centimeters, or 1 if these are meters"
)
FAULTS = (
    ValueError, LookupError, TypeError, AttributeError, NotImplementedError, EOFError,
    ModuleNotFoundError, RecursionError, AssertionError, struct.error, zlib.error,
)  # fmt: skip
"""What trimesh's readers raise for faulty files."""


@dataclass(frozen=True)
class MeshReading:
    """How files are read."""

    up: str = AUTO
    """The axis that points up: `y`, `z`, or `auto` by the suffix."""
    scale: float | None = None
    """Meters per unit; None is 1, and too large meshes are refused."""
    remedy: str = CHOOSE_SCALE
    """What a person can do about a mesh that is too large."""

    def read(self, path: Path) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return vertices (vertices, 3), world frame, z up, meters, and faces (faces, 3).

        All meshes of a scene are joined, each where the scene has it. Raises `InputError` for a
        file that trimesh cannot read, that has no faces or values that are not finite, and that
        seems not to be in meters.
        """
        try:
            vertices, faces = mesh_arrays(_load(path))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        if self.up == Y_UP or (self.up == AUTO and path.suffix.lower() in Y_UP_SUFFIXES):
            vertices = vertices @ T_YUP_WORLD[:3, :3]
        if self.scale is None:
            _expect_meters(path, vertices[faces].reshape(-1, 3), self.remedy)
        return vertices * (self.scale or 1.0), faces


def has_animation(path: Path) -> bool:
    """Whether a glTF file has animations, of which trimesh reads only the rest pose."""
    if path.suffix.lower() not in (".glb", ".gltf"):
        return False
    content = path.read_bytes()
    if path.suffix.lower() == ".glb":
        content = content[GLB_JSON : GLB_JSON + int.from_bytes(content[12:16], "little")]
    return bool(json.loads(content).get("animations"))


def _load(path: Path) -> trimesh.Trimesh:
    try:
        joined: trimesh.Trimesh = trimesh.load_scene(path, process=False).to_mesh()
    except FAULTS as error:
        raise InputError(
            f"expected a mesh that trimesh reads ({', '.join(SUFFIXES)}); found: {error!s:.200}"
        ) from error
    if len(joined.faces) == 0:
        raise InputError(
            "expected a mesh with faces, found none; is it a point cloud? A LiDAR sees surfaces"
        )
    return joined


def _expect_meters(path: Path, vertices: NDArray[np.float64], remedy: str) -> None:
    extent = float((vertices.max(axis=0) - vertices.min(axis=0)).max())
    if extent > MAX_METERS:
        raise InputError(
            f"{path}: expected meters, found a mesh that extends over {extent:,.0f} units; {remedy}"
        )
