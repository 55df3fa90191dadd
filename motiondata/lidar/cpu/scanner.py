"""Scan a mesh: find the first hit of every ray, frame by frame.

All frames of a clip are scanned in one call, because the overhead of a call from Python is
significant.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.cpu.buffers import Buffers, empty_buffers
from motiondata.lidar.cpu.rasterize import NOT_FINITE, scan_frames
from motiondata.lidar.cpu.ray_grid import ray_grid
from motiondata.lidar.scans import Scan, Scans
from motiondata.lidar.sensor import Sensor

NO_NUMBERS = "expected finite vertices, found NaN or infinity among them"

ROOM = 1 << 16
"""The initial capacity of a scanner, in hits; it grows when a clip needs more."""


class Scanner:
    """Scans meshes with one sensor; not thread-safe, because it reuses its buffers.

    Faces are visible from both sides, so that first hits are also correct for open meshes, inverted
    meshes and a sensor inside a body. Of equally near faces, the one with the lowest number is hit.
    """

    def __init__(self, sensor: Sensor) -> None:
        if sensor.pattern is not None:
            raise ValueError(f"expected a sensor with a fixed grid of rays, found {sensor.name}")
        self.sensor = sensor
        self._grid = ray_grid(sensor)
        self._buffers = self._empty_buffers(0, 0)
        self._hits = empty_scan(ROOM)

    def scan(self, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> Scan:
        """Scan one mesh: vertices shaped (vertices, 3), meters, sensor frame; faces (faces, 3).

        Raises `ValueError` as `scan_clip` does.
        """
        return self.scan_clip(vertices[None], faces).hits

    def scan_clip(
        self,
        vertices: NDArray[np.float32],
        faces: NDArray[np.int32],
        times: NDArray[np.float64] | None = None,  # noqa: ARG002
    ) -> Scans:
        """Scan a moving mesh: vertices shaped (frames, vertices, 3), meters, sensor frame.

        `times` does not matter: every frame has the same rays. Raises `ValueError` if shapes are
        wrong, vertices are not finite, or faces refer to vertices that do not exist.
        """
        scans = self.scan_planes(as_planes(vertices), faces)
        hits = len(scans.hits.faces)
        return Scans(_moved(scans.hits, hits, hits), scans.offsets)

    def scan_planes(
        self,
        planes: NDArray[np.float32],
        faces: NDArray[np.int32],
        times: NDArray[np.float64] | None = None,  # noqa: ARG002
    ) -> Scans:
        """Scan as `scan_clip` does, for vertices shaped (frames, 3, vertices), without a copy.

        The hits are views of the scanner's memory, valid until its next scan.
        """
        planes = np.require(planes, np.float32, ["C", "W"])
        faces = np.require(faces, np.int32, ["C", "W"])
        check_faces(faces, planes.shape[2])
        offsets = np.zeros(len(planes) + 1, np.int64)
        frame = 0
        while frame < len(planes):
            frame = self._scan_from(frame, planes, faces, offsets)
            if frame < len(planes):
                self._make_room(int(offsets[frame]), int(offsets[frame + 1]))
        hits = int(offsets[-1])
        points, hit_faces, beams, columns, ranges = self._hits
        seen = Scan(points[:hits], hit_faces[:hits], beams[:hits], columns[:hits], ranges[:hits])
        return Scans(seen, offsets)

    def _scan_from(
        self,
        frame: int,
        planes: NDArray[np.float32],
        faces: NDArray[np.int32],
        offsets: NDArray[np.int64],
    ) -> int:
        buffers = self._buffers_for(planes.shape[2], len(faces))
        limits = (self.sensor.min_range, self.sensor.max_range)
        return scan_frames(
            planes, faces, tuple(self._grid), tuple(buffers), limits, tuple(self._hits), offsets,
            frame,
        )  # fmt: skip

    def _make_room(self, hits: int, needed: int) -> None:
        if needed == NOT_FINITE:
            raise ValueError(NO_NUMBERS)
        self._hits = _moved(self._hits, hits, 2 * needed)

    def _buffers_for(self, vertices: int, faces: int) -> Buffers:
        if (len(self._buffers.marks), len(self._buffers.shortlist)) != (vertices, faces):
            self._buffers = self._empty_buffers(vertices, faces)
        return self._buffers

    def _empty_buffers(self, vertices: int, faces: int) -> Buffers:
        return empty_buffers(self.sensor.beams, self.sensor.columns, vertices, faces)


def empty_scan(hits: int) -> Scan:
    """Return memory for hits."""
    faces, beams, columns = np.empty((3, hits), np.int32)
    ranges = np.empty(hits, np.float32)
    return Scan(np.empty((hits, 3), np.float32), faces, beams, columns, ranges)


def _moved(scan: Scan, hits: int, room: int) -> Scan:
    """Copy the first `hits` hits of a scan to new arrays with the capacity `room`."""
    moved = empty_scan(room)
    for old, new in zip(scan, moved, strict=True):
        new[:hits] = old[:hits]
    return moved


def as_planes(vertices: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vertices, shaped (frames, vertices, 3), as planes, shaped (frames, 3, vertices).

    Raises `ValueError` for another shape.
    """
    if vertices.ndim != 3 or vertices.shape[2] != 3:
        raise ValueError(f"expected vertices shaped (frames, vertices, 3), found {vertices.shape}")
    return vertices.transpose(0, 2, 1)


def check_faces(faces: NDArray[np.int32], vertices: int) -> None:
    """Raise `ValueError` unless faces are shaped (faces, 3) and refer to existing vertices."""
    if faces.ndim != 2 or faces.shape[1] != 3:
        raise ValueError(f"expected faces shaped (faces, 3), found {faces.shape}")
    if vertices == 0 or faces.min(initial=0) < 0:
        raise ValueError("expected vertices, and faces that number them from 0")
    if faces.max(initial=0) >= vertices:
        raise ValueError(f"expected {vertices} vertices, found face with {faces.max()}")
