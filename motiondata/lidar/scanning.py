"""What a sensor sees of a mesh: the first hit of every ray, frame by frame.

A clip's frames are scanned in one call, because a call from Python costs a fair part of a scan.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.rasterising import BLOCK, Buffers, Scan, scan_frames
from motiondata.lidar.rays import ray_grid
from motiondata.lidar.sensor import Sensor

__all__ = ["Scan", "Scanner", "Scans"]

ROOM = 1 << 16
"""Hits that a scanner has room for at first; it makes more where a clip needs it."""


@dataclass(frozen=True, eq=False)
class Scans:
    """The scans of a clip's frames, in turn in the same arrays; sensor frame, metres."""

    hits: Scan
    """The hits of all frames."""
    offsets: NDArray[np.int64]
    """Where the hits of each frame begin, and those of the last one end, shaped (frames + 1,)."""

    @property
    def counts(self) -> NDArray[np.int32]:
        """The number of hits of each frame, shaped (frames,)."""
        return np.diff(self.offsets).astype(np.int32)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[Scan]:
        for start, end in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            yield Scan(
                points=self.hits.points[start:end],
                faces=self.hits.faces[start:end],
                beams=self.hits.beams[start:end],
                columns=self.hits.columns[start:end],
                ranges=self.hits.ranges[start:end],
            )


class Scanner:
    """Scans meshes with one sensor; keeps its buffers, so every thread needs one of its own.

    Faces are seen from both sides, so that open meshes, meshes turned inside out and a sensor
    within a body give true first hits too. Of equally near faces, the lowest number counts.
    """

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self._grid = ray_grid(sensor)
        self._nearest = np.full((sensor.beams, sensor.columns), np.inf)
        self._face = np.zeros((sensor.beams, sensor.columns), np.int32)
        self._touched = np.zeros((sensor.beams, -(-sensor.columns // BLOCK)), np.uint8)
        self._hits = _empty_scan(ROOM)

    def scan(self, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> Scan:
        """Scan one mesh: vertices shaped (vertices, 3), metres, sensor frame; faces (faces, 3)."""
        return self.scan_clip(vertices[None], faces).hits

    def scan_clip(self, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> Scans:
        """Scan a moving mesh: vertices shaped (frames, vertices, 3), metres, sensor frame.

        Raises `ValueError` where vertices are not finite or faces name vertices that do not exist.
        """
        vertices = np.require(vertices, np.float32, ["C", "W"])
        faces = np.require(faces, np.int32, ["C", "W"])
        _check_mesh(vertices, faces)
        buffers = self._buffers(vertices.shape[1], len(faces))
        limits = (self.sensor.min_range, self.sensor.max_range)
        offsets = np.zeros(len(vertices) + 1, np.int64)
        frame = 0
        while frame < len(vertices):
            frame = scan_frames(
                vertices, faces, self._grid, buffers, limits, self._hits, offsets, frame
            )
            if frame < len(vertices):
                self._hits = _moved(self._hits, int(offsets[frame]), 2 * int(offsets[frame + 1]))
        return Scans(_moved(self._hits, int(offsets[-1]), int(offsets[-1])), offsets)

    def _buffers(self, vertices: int, faces: int) -> Buffers:
        x, y, z, azimuth = np.empty((4, vertices), np.float32)
        band, shortlist = np.empty(vertices, np.int32), np.empty(faces, np.int32)
        return Buffers(x, y, z, azimuth, band, shortlist, self._nearest, self._face, self._touched)


def _empty_scan(hits: int) -> Scan:
    faces, beams, columns = np.empty((3, hits), np.int32)
    ranges = np.empty(hits, np.float32)
    return Scan(np.empty((hits, 3), np.float32), faces, beams, columns, ranges)


def _moved(scan: Scan, hits: int, room: int) -> Scan:
    """Copy the first hits of a scan to where there is other room."""
    moved = _empty_scan(room)
    for old, new in zip(scan, moved, strict=True):
        new[:hits] = old[:hits]
    return moved


def _check_mesh(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> None:
    if vertices.ndim != 3 or vertices.shape[2] != 3 or faces.ndim != 2 or faces.shape[1] != 3:
        raise ValueError(
            "expected vertices shaped (frames, vertices, 3) and faces (faces, 3), "
            f"found {vertices.shape} and {faces.shape}"
        )
    if not np.isfinite(vertices.sum()):
        raise ValueError("expected finite vertices, found NaN or infinity among them")
    if vertices.shape[1] == 0 or faces.min(initial=0) < 0:
        raise ValueError("expected vertices, and faces that number them from 0")
    if faces.max(initial=0) >= vertices.shape[1]:
        raise ValueError(f"expected {vertices.shape[1]} vertices, found face with {faces.max()}")
