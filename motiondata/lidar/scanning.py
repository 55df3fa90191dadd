"""What a sensor sees of a mesh: the first hit of every ray, frame by frame.

A clip's frames are scanned in one call, because a call from Python costs a fair part of a scan.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.rasterising import BLOCK, SHOTS, VOLLEY, WORD, Buffers, scan_frames
from motiondata.lidar.rays import ray_grid
from motiondata.lidar.scans import Scan, Scans
from motiondata.lidar.sensor import Sensor

ROOM = 1 << 16
"""Hits that a scanner has room for at first; it makes more where a clip needs it."""


class Scanner:
    """Scans meshes with one sensor; keeps its buffers, so every thread needs one of its own.

    Faces are seen from both sides, so that open meshes, meshes turned inside out and a sensor
    within a body give true first hits too. Of equally near faces, the lowest number counts.
    """

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self._grid = ray_grid(sensor)
        self._buffers = _empty_buffers(sensor, 0, 0)
        self._hits = _empty_scan(ROOM)

    def scan(self, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> Scan:
        """Scan one mesh: vertices shaped (vertices, 3), metres, sensor frame; faces (faces, 3)."""
        return self.scan_clip(vertices[None], faces).hits

    def scan_clip(self, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> Scans:
        """Scan a moving mesh: vertices shaped (frames, vertices, 3), metres, sensor frame.

        Raises `ValueError` where vertices are not finite or faces name vertices that do not exist.
        """
        faces = np.require(faces, np.int32, ["C", "W"])
        _check_mesh(vertices, faces)
        planes = np.require(vertices.transpose(0, 2, 1), np.float32, ["C", "W"])
        grid, buffers = tuple(self._grid), tuple(self._buffers_for(vertices.shape[1], len(faces)))
        limits = (self.sensor.min_range, self.sensor.max_range)
        offsets = np.zeros(len(vertices) + 1, np.int64)
        frame = 0
        while frame < len(vertices):
            frame = scan_frames(
                planes, faces, grid, buffers, limits, tuple(self._hits), offsets, frame
            )
            if offsets[-1] < 0 or (frame < len(vertices) and offsets[frame + 1] < 0):
                raise ValueError("expected finite vertices, found NaN or infinity among them")
            if frame < len(vertices):
                self._hits = _moved(self._hits, int(offsets[frame]), 2 * int(offsets[frame + 1]))
        return Scans(_moved(self._hits, int(offsets[-1]), int(offsets[-1])), offsets)

    def _buffers_for(self, vertices: int, faces: int) -> Buffers:
        if (len(self._buffers.marks), len(self._buffers.shortlist)) != (vertices, faces):
            self._buffers = _empty_buffers(self.sensor, vertices, faces)
        return self._buffers


def _empty_buffers(sensor: Sensor, vertices: int, faces: int) -> Buffers:
    rays = sensor.beams * sensor.columns
    touched = np.zeros(-(-rays // (BLOCK * WORD)), np.int64)
    shots = SHOTS + 2 * rays  # up to SHOTS wait when a face comes, which may touch every ray
    return Buffers(
        units=np.empty(vertices, np.int32),
        bands=np.empty(vertices, np.int32),
        marks=np.empty(vertices, np.int64),
        shortlist=np.empty(faces, np.int32),
        listed=np.empty(faces, np.bool_),
        bounds=np.empty(faces, np.int64),
        shifts=np.empty(sensor.beams, np.int64),
        shot_faces=np.empty(shots, np.int32),
        shot_rays=np.empty(shots, np.int32),
        corners=np.zeros((9, VOLLEY), np.float32),
        rays=np.zeros((3, VOLLEY)),
        distances=np.zeros(VOLLEY),
        nearest=np.full(rays, np.inf),
        nearest_face=np.empty(rays, np.int32),
        touched=touched.view(np.uint8),
        touched_words=touched,
    )


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
    if vertices.shape[1] == 0 or faces.min(initial=0) < 0:
        raise ValueError("expected vertices, and faces that number them from 0")
    if faces.max(initial=0) >= vertices.shape[1]:
        raise ValueError(f"expected {vertices.shape[1]} vertices, found face with {faces.max()}")
