"""Scan with Embree through Open3D and embreex, with a new scene per frame.

Each frame needs a new scene, because neither package can move the vertices of one. The fastest
configuration is used: one thread, indexed faces, and only the rays toward the frame's bounding
box.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from motiondata.lidar.sensor import Sensor, ray_directions

Array = NDArray[np.float32]
Faces = NDArray[np.uint32]
Numbers = NDArray[np.intp]
Cast = Callable[[Array, Faces, Array], tuple[Array, NDArray[np.int64]]]
"""Takes vertices (vertices, 3), faces (faces, 3) and ray directions (rays, 3) from the origin;
returns ranges (rays,), infinite where a ray misses, and face indices (rays,)."""


class Hits(NamedTuple):
    """The hits of a peer in one frame; sensor frame, meters."""

    points: Array
    faces: NDArray[np.int64]
    beams: Numbers
    columns: Numbers
    ranges: Array


class RayCaster:
    """Scan frame by frame, with the sensor's rays that could hit the frame's bounding box."""

    def __init__(self, sensor: Sensor, faces: Faces, cast: Cast) -> None:
        self._sensor = sensor
        self._directions = ray_directions(sensor).astype(np.float32)
        self._faces = faces
        self._cast = cast

    def scan(self, clip: Array) -> list[Hits]:
        """Scan vertices shaped (frames, vertices, 3), sensor frame."""
        low, high = (bound.numpy() for bound in torch.aminmax(torch.from_numpy(clip), dim=1))
        return [self._scan(*frame) for frame in zip(clip, low, high, strict=True)]

    def _scan(self, vertices: Array, low: Array, high: Array) -> Hits:
        beams, columns = rays_toward(self._sensor, low, high)
        rays = self._directions[beams, columns]
        ranges, faces = self._cast(vertices, self._faces, rays)
        hit = np.flatnonzero(np.isfinite(ranges))
        points = rays[hit] * ranges[hit, None]
        return Hits(points, faces[hit], beams[hit], columns[hit], ranges[hit])


def rays_toward(sensor: Sensor, low: Array, high: Array) -> tuple[Numbers, Numbers]:
    """Return beams and columns, each shaped (rays,), of the rays that could hit a box.

    `low` and `high`, each shaped (3,), are its corners.
    """
    near = float(np.hypot(*np.maximum(0, np.maximum(low, -high))[:2]))
    far = float(np.hypot(*np.maximum(abs(low), abs(high))[:2]))
    lowest = np.arctan2(low[2], near if low[2] < 0 else far)
    highest = np.arctan2(high[2], near if high[2] > 0 else far)
    beams = np.flatnonzero((sensor.elevation >= lowest) & (sensor.elevation <= highest))
    columns = _columns_toward(sensor, beams, low, high)
    return np.repeat(beams, columns.shape[1]), columns.ravel()


def _columns_toward(sensor: Sensor, beams: Numbers, low: Array, high: Array) -> Numbers:
    """Return the columns of each beam, shaped (beams, columns); all if the box reaches x <= 0."""
    step = 2 * np.pi / sensor.columns
    if low[0] <= 0:
        return np.broadcast_to(np.arange(sensor.columns), (len(beams), sensor.columns))
    corners = np.arctan2([low[1], low[1], high[1], high[1]], [low[0], high[0]] * 2)
    first = np.floor((corners.min() - sensor.azimuth_offset[beams]) / step).astype(np.intp)
    count = int((corners.max() - corners.min()) / step) + 3
    columns: Numbers = (first[:, None] + np.arange(count)) % sensor.columns
    return columns


def cast_by_open3d(vertices: Array, faces: Faces, rays: Array) -> tuple[Array, NDArray[np.int64]]:
    """Cast rays with Open3D's `RaycastingScene`, which uses Embree."""
    from open3d.core import Tensor
    from open3d.t.geometry import RaycastingScene

    scene = RaycastingScene(nthreads=1)
    scene.add_triangles(Tensor.from_numpy(vertices), Tensor.from_numpy(faces))
    from_origin = np.concatenate([np.zeros_like(rays), rays], axis=1)
    found = scene.cast_rays(Tensor.from_numpy(from_origin), nthreads=1)
    return found["t_hit"].numpy(), found["primitive_ids"].numpy().astype(np.int64)


def cast_by_embreex(vertices: Array, faces: Faces, rays: Array) -> tuple[Array, NDArray[np.int64]]:
    """Cast rays with embreex, which `trimesh` uses, without the overhead of trimesh."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    scene = EmbreeScene()
    TriangleMesh(scene, vertices, faces.view(np.int32))
    found = scene.run(np.zeros_like(rays), rays, output=True)
    return np.where(found["primID"] < 0, np.inf, found["tfar"]), found["primID"].astype(np.int64)


CASTERS: Mapping[str, Cast] = {"Open3D": cast_by_open3d, "embreex": cast_by_embreex}
