"""Scan one mesh in one call; each point comes with its face and its ray.

For a moving body or many meshes, use `motiondata.lidar.cpu.scanners.make_scanner`, which keeps its
tables between calls.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array, numeric_array, rigid_transform
from motiondata.errors import InputError
from motiondata.lidar.cpu.sampling import farthest_points
from motiondata.lidar.cpu.scanners import make_scanner
from motiondata.lidar.placement import invert_rigid
from motiondata.lidar.presets import find_sensor
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor

DEFAULT_SENSOR = "os1-128"
DEFAULT_POINTS = 384

NO_HIT = -1
"""The face, beam and column of the points of a scan without hits."""


class TriangleMesh(Protocol):
    """A mesh with the attributes `vertices` and `faces`, such as a `trimesh.Trimesh`."""

    @property
    def vertices(self) -> Any:
        """Numbers shaped (vertices, 3)."""

    @property
    def faces(self) -> Any:
        """Vertex numbers shaped (faces, 3)."""


Mesh: TypeAlias = TriangleMesh | tuple[ArrayLike, ArrayLike]


@dataclass(frozen=True, eq=False)
class MeshScan:
    """The points that a sensor sees of a mesh, with the face and the ray of each.

    With `points=K`, all arrays have K entries in farthest point order. If fewer than K rays hit,
    the entries repeat in the same order. If no ray hits, points and ranges are zero, and faces,
    beams and columns are -1. With `points=None`, there is one entry per hit, by beam, then by
    column.
    """

    points: NDArray[np.float32]
    """Shaped (K, 3), meters, sensor frame: x forward, y left, z up."""
    hits: int
    """The number of rays that hit the mesh, before sampling."""
    faces: NDArray[np.int32]
    """The face of each point, shaped (K,): its row in the mesh's faces."""
    beams: NDArray[np.int32]
    """The beam of each point's ray, shaped (K,): its row in the sensor's tables."""
    columns: NDArray[np.int32]
    """The column of each point's ray, shaped (K,), counterclockwise from straight ahead."""
    ranges: NDArray[np.float32]
    """The distance of each point from the sensor, shaped (K,), meters."""


def scan_mesh(
    mesh: Mesh,
    sensor: str | Path | Sensor = DEFAULT_SENSOR,
    T_world_sensor: ArrayLike | None = None,
    points: int | None = DEFAULT_POINTS,
) -> MeshScan:
    """Scan a triangle mesh once and keep `points` of the hits, or all hits if it is None.

    `mesh` is a `trimesh.Trimesh`, or a pair of vertices (vertices, 3), meters, world frame, and
    faces (faces, 3). Faces are visible from both sides. `sensor` is the name of a preset, the path
    of a sensor file, or a `Sensor`. `T_world_sensor`, shaped (4, 4), is the sensor's pose in the
    world frame; by default the sensor is at the origin and looks along +x. Ranges are exact: no
    noise is added. Dataset builds use the same scanner and sampling.

    Raises `InputError` for a mesh that is empty, not of triangles or not finite, for a transform
    that is not rigid, for an unknown sensor, and for `points` that is not a whole number from 1.
    """
    vertices, faces = mesh_arrays(mesh)
    _check_count(points)
    found = sensor if isinstance(sensor, Sensor) else find_sensor(str(sensor))
    if T_world_sensor is not None:
        transform = invert_rigid(rigid_transform(T_world_sensor, "T_world_sensor"))
        vertices = vertices @ transform[:3, :3].T + transform[:3, 3]
    seen = finite_array(vertices, "vertices", ("vertices", 3), "f4")
    scan = make_scanner(found).scan(seen, faces)
    hits = len(scan.faces)
    kept = scan if points is None else keep_points(scan, points)
    return MeshScan(kept.points, hits, kept.faces, kept.beams, kept.columns, kept.ranges)


def mesh_arrays(mesh: Mesh) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the vertices (vertices, 3) and faces (faces, 3) of a mesh; may raise `InputError`."""
    given_vertices, given_faces = _parts(mesh)
    if _is_empty(given_vertices) or _is_empty(given_faces):
        raise InputError("mesh: expected at least one triangle, found none")
    vertices = finite_array(given_vertices, "vertices", ("vertices", 3))
    faces = numeric_array(given_faces, "faces", ("faces", 3))
    if faces.dtype.kind == "f":
        raise InputError(f"faces: expected whole numbers of vertices, found {faces.dtype}")
    lowest, highest = int(faces.min()), int(faces.max())
    if lowest < 0 or highest >= len(vertices):
        wrong = lowest if lowest < 0 else highest
        raise InputError(
            f"faces: expected vertex numbers from 0 to {len(vertices) - 1}, found {wrong}"
        )
    return vertices, faces.astype(np.int32)


def _parts(mesh: Mesh) -> tuple[Any, Any]:
    if isinstance(mesh, tuple | list):
        if len(mesh) == 2:
            return mesh[0], mesh[1]
    elif hasattr(mesh, "vertices") and hasattr(mesh, "faces"):
        return mesh.vertices, mesh.faces
    raise InputError(
        "mesh: expected a trimesh.Trimesh or a pair of vertices and faces, found "
        f"{type(mesh).__name__}"
    )


def _is_empty(part: Any) -> bool:
    try:
        return len(part) == 0
    except TypeError:
        return False


def _check_count(points: int | None) -> None:
    whole = isinstance(points, int | np.integer) and not isinstance(points, bool)
    if points is not None and not (whole and points > 0):
        raise InputError(f"points: expected a whole number from 1, or None, found {points!r}")


def keep_points(scan: Scan, points: int) -> Scan:
    """Return `points` hits in farthest point order, repeated as `MeshScan` says."""
    if len(scan.faces) == 0:
        none = np.full(points, NO_HIT, np.int32)
        zeros = np.zeros((points, 3), np.float32)
        return Scan(zeros, none, none.copy(), none.copy(), zeros[:, 0].copy())
    order = farthest_points(scan.points, points)
    return Scan(
        points=scan.points[order],
        faces=scan.faces[order],
        beams=scan.beams[order],
        columns=scan.columns[order],
        ranges=scan.ranges[order],
    )
