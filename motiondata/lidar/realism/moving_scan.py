"""Scan a dressed person who moves during a turn: pose, move, scan and shade, frame by frame.

All steps of a frame are done before those of the next one, so that its vertices stay in the cache.
Vertices are skinned for a few frames at a time, because those share the blend shapes of the body.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.forward_kinematics import JointFrames, forward_kinematics
from motiondata.bodies.posing import ShapedBody, skin_planes
from motiondata.jit import kernel
from motiondata.lidar.cpu.buffers import Buffers, empty_buffers
from motiondata.lidar.cpu.rasterize import NOT_FINITE, scan_frame
from motiondata.lidar.cpu.ray_grid import RayGrid, ray_grid
from motiondata.lidar.cpu.scanner import NO_NUMBERS, ROOM
from motiondata.lidar.observer import Request
from motiondata.lidar.placement import invert_rigid
from motiondata.lidar.realism.joining import ShadedHits, empty_hits, first_hits
from motiondata.lidar.realism.moving_mesh import move_vertices
from motiondata.lidar.realism.reflection import Shading, shade
from motiondata.lidar.realism.rolling_shutter import Shutter
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor

Floats = NDArray[np.float64]

SKINNED_FRAMES = 8
"""Frames that are skinned at once: few enough for their vertices to stay in the L2 cache."""

ARMS_LENGTH = 2.0
"""A sensor that is farther from the pelvis than this is not inside the person, meters."""

STILL = np.zeros((2, 0))


class MovingScanner:
    """Scans people with the fine rays of one sensor; not thread-safe: it reuses its buffers."""

    def __init__(self, sensor: Sensor, shutter: Shutter) -> None:
        self._limits = (sensor.min_range, sensor.max_range)
        self._size = (sensor.beams, sensor.columns)
        self._grid, self._shutter = ray_grid(sensor), shutter
        self._buffers = empty_buffers(*self._size, 0, 0)
        self._hits = empty_hits(ROOM)
        self._planes = np.empty((2, SKINNED_FRAMES, 3, 0), np.float32)
        self._moved = np.empty((3, 0), np.float32)

    def scan(self, request: Request, reflectances: Floats) -> tuple[ShadedHits, NDArray[np.int64]]:
        """Return the hits on the person, in this scanner's memory, and those before each frame.

        `reflectances` are those of the faces, shaped (faces,). Raises `ValueError` if vertices are
        not finite.
        """
        shaped, chains = request.shaped, self._chains(request)
        self._prepare(shaped)
        fronts_only = is_closed(shaped.body) & _are_outside(request)
        offsets = np.zeros(request.frames + 1, np.int64)
        for first in range(0, request.frames, SKINNED_FRAMES):
            part = slice(first, min(first + SKINNED_FRAMES, request.frames))
            ends = self._planes[: len(chains), : part.stop - first]
            for chain, planes in zip(chains, ends, strict=True):
                skin_planes(shaped, chain, part, planes)
            self._scan_part(request, part, ends, reflectances, fronts_only[part], offsets)
        return first_hits(self._hits, int(offsets[-1])), offsets

    def _chains(self, request: Request) -> list[JointFrames]:
        """Return the joints at both ends of the sector of each turn, or once for a still body."""
        sweep, rest, transform = request.sweep, request.shaped.joints, request.T_sensor_world
        if sweep is None or self._shutter.seconds_per_turn == 0:
            return [forward_kinematics(rest, request.pose, request.trans, transform)]
        placed = [transform] * 2 if sweep.T_sensor_world is None else sweep.T_sensor_world[:2]
        moments = zip(sweep.pose, sweep.trans, placed, strict=True)
        return [forward_kinematics(rest, *moment) for moment in moments]

    def _prepare(self, shaped: ShapedBody) -> None:
        vertices, faces = shaped.plane_vertices, len(shaped.body.faces)
        if (len(self._buffers.marks), len(self._buffers.shortlist)) != (vertices, faces):
            self._buffers = empty_buffers(*self._size, vertices, faces)
            self._planes = np.empty((2, SKINNED_FRAMES, 3, vertices), np.float32)
            self._moved = np.empty((3, vertices), np.float32)

    def _scan_part(
        self,
        request: Request,
        part: slice,
        ends: NDArray[np.float32],
        reflectances: Floats,
        fronts_only: NDArray[np.bool_],
        offsets: NDArray[np.int64],
    ) -> None:
        sweep, faces = request.sweep, request.shaped.body.faces
        times = STILL if sweep is None or len(ends) == 1 else sweep.times[:, part]
        frame, offsets = 0, offsets[part.start : part.stop + 1]
        while frame < ends.shape[1]:
            frame = scan_moving_frames(
                ends[0], ends[-1], times, self._shutter.seconds_per_turn, self._moved, faces,
                reflectances, fronts_only, tuple(self._grid), tuple(self._buffers), self._limits,
                tuple(self._hits.scan), tuple(self._hits.shading), offsets, frame,
            )  # fmt: skip
            if frame < ends.shape[1]:
                self._make_room(int(offsets[frame]), int(offsets[frame + 1]))

    def _make_room(self, hits: int, needed: int) -> None:
        if needed == NOT_FINITE:
            raise ValueError(NO_NUMBERS)
        larger = empty_hits(2 * needed)
        for old_part, new_part in zip(self._hits, larger, strict=True):
            for old, new in zip(old_part, new_part, strict=True):
                new[:hits] = old[:hits]
        self._hits = larger


@kernel
def scan_moving_frames(
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    times: Floats,
    seconds_per_turn: float,
    moved: NDArray[np.float32],
    faces: NDArray[np.int32],
    reflectances: Floats,
    fronts_only: NDArray[np.bool_],
    grid_fields: tuple[Any, ...],
    buffer_fields: tuple[Any, ...],
    limits: tuple[float, float],
    scan_fields: tuple[Any, ...],
    shading_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
    frame: int,
) -> int:
    """Scan frames as `rasterize.scan_frames` does, and shade their hits.

    `start` and `end` are the vertices at the `times`, shaped (2, frames), seconds from mid-turn.
    Without times, they are those of `start`. `moved` is memory for the vertices of a frame.
    Frames of `fronts_only` are scanned without the faces that are seen from behind.
    """
    grid, buffers = RayGrid(*grid_fields), Buffers(*buffer_fields)
    hits, shading = Scan(*scan_fields), Shading(*shading_fields)
    while frame < len(start):
        seen, frequency = start[frame], 0.0
        if times.shape[1] > 0:
            first, last = times[0, frame], times[1, frame]
            move_vertices(start[frame], end[frame], (first, last), seconds_per_turn, moved)
            seen, frequency = moved, 1 / (last - first)
        before, fronts = offsets[frame], fronts_only[frame]
        after = scan_frame(seen, faces, fronts, grid, buffers, limits, hits, before)
        offsets[frame + 1] = after
        if after == NOT_FINITE or after > len(hits.faces):
            break
        shade(
            seen, start[frame], end[frame], frequency, faces, reflectances, hits,
            (before, after), shading,
        )  # fmt: skip
        frame += 1
    return frame


def _are_outside(request: Request) -> NDArray[np.bool_]:
    """Return for each frame whether the sensor is too far from the person to be inside."""
    sensor = invert_rigid(request.looking)[..., :3, 3]
    apart = request.trans + (request.shaped.joints[0] - sensor)
    return np.asarray(np.square(apart).sum(axis=1) > ARMS_LENGTH**2)


@lru_cache(maxsize=4)  # one body per gender
def is_closed(body: Body) -> bool:
    """Return whether the surface of a body is closed, and its normals point outward."""
    corners = body.faces.astype(np.int64)
    first, second = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
    edges, opposite = first * len(body.vertices) + second, second * len(body.vertices) + first
    a, b, c = (body.vertices[corner] for corner in body.faces.T)
    volume = float((np.cross(a, b) * c).sum()) / 6
    is_sheet = len(np.unique(edges)) == len(edges)
    return is_sheet and bool(np.isin(opposite, edges).all()) and volume > 0
