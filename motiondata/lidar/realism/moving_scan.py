"""Scan a dressed person who moves during a turn: pose, move, scan and shade, frame by frame.

All steps of a frame are done before those of the next one, so that its vertices stay in the cache.
Vertices are skinned for a few frames at a time, because those share the blend shapes of the body.
"""

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.forward_kinematics import forward_kinematics
from motiondata.bodies.posing import ShapedBody, skin_of
from motiondata.bodies.skinning import empty_tile, skin_blocks, skin_fields, tiled_features
from motiondata.jit import kernel, step
from motiondata.lidar.cpu.buffers import MAX_WAITING, Buffers, empty_buffers
from motiondata.lidar.cpu.rasterize import NOT_FINITE, scan_frame
from motiondata.lidar.cpu.ray_grid import RayGrid, ray_grid
from motiondata.lidar.cpu.scanner import NO_NUMBERS, ROOM
from motiondata.lidar.cpu.side_rays import EVERY_RAY, NEVER_WHOLE, Reading, roles_of
from motiondata.lidar.observer import Request
from motiondata.lidar.placement import invert_rigid
from motiondata.lidar.realism.joining import ShadedHits, empty_hits, first_hits
from motiondata.lidar.realism.moving_mesh import move_vertices
from motiondata.lidar.realism.reflection import Shading, shade
from motiondata.lidar.realism.rolling_shutter import Shutter
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor

Floats = NDArray[np.float64]
Joints = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Features, transforms and roots of posed joints, for `skin_blocks`."""

SKINNED_FRAMES = 8
"""Frames that are skinned at once: few enough for their vertices to stay in the L2 cache."""

ARMS_LENGTH = 2.0
"""A sensor that is farther from the pelvis than this is not inside the person, meters."""

STILL = np.zeros((2, 0))

ANY_RANGE = (0.0, math.inf)
"""The limits of a scan with surroundings: a person out of range hides what is behind. The limits of
the sensor apply when both are joined."""


class MovingScanner:
    """Scans people with the fine rays of one sensor; not thread-safe: it reuses its buffers."""

    def __init__(self, sensor: Sensor, shutter: Shutter, reading: Reading = EVERY_RAY) -> None:
        """Make a scanner; rays that are not read with `reading` may have no hits."""
        self._limits = (sensor.min_range, sensor.max_range)
        self._size, self._reading = (sensor.beams, sensor.columns), reading
        self._grid, self._shutter = ray_grid(sensor), shutter
        self._buffers = self._empty_buffers(0, 0)
        self._hits = empty_hits(ROOM)
        self._skinned = _empty_skinned(0)

    def scan(self, request: Request, reflectances: Floats) -> tuple[ShadedHits, NDArray[np.int64]]:
        """Return the hits on the person, in this scanner's memory, and those before each frame.

        `reflectances` are those of the faces, shaped (faces,). Raises `ValueError` if vertices are
        not finite.
        """
        shaped, offsets = request.shaped, np.zeros(request.frames + 1, np.int64)
        self._prepare(shaped)
        times, ends = self._ends(request)
        fronts_only = is_closed(shaped.body) & _are_outside(request)
        limits, reading = self._limits, self._reading
        if request.surroundings is not None:  # things beside the person also decide what is whole
            limits, reading = ANY_RANGE, (*reading[:2], NEVER_WHOLE)
        skin, frame = skin_fields(skin_of(shaped.body)), 0
        while frame < request.frames:
            frame = scan_moving_frames(
                skin, shaped.vertex_blocks, ends[0], ends[-1], times,
                self._shutter.seconds_per_turn, self._skinned, shaped.body.faces, reflectances,
                fronts_only, reading, tuple(self._grid), tuple(self._buffers), limits,
                tuple(self._hits.scan), tuple(self._hits.shading), offsets, frame,
            )  # fmt: skip
            if frame < request.frames:
                self._make_room(int(offsets[frame]), int(offsets[frame + 1]))
        return first_hits(self._hits, int(offsets[-1])), offsets

    def _ends(self, request: Request) -> tuple[Floats, list[Joints]]:
        """Return the times of both ends of the sector of each turn, and the joints at each.

        A still body has no times, and its joints once.
        """
        sweep, shaped = request.sweep, request.shaped
        if sweep is None or self._shutter.seconds_per_turn == 0:
            return STILL, [_joints(shaped, request.pose, request.trans, request.T_sensor_world)]
        still = [request.T_sensor_world] * 2
        placed = still if sweep.T_sensor_world is None else sweep.T_sensor_world[:2]
        moments = zip(sweep.pose, sweep.trans, placed, strict=True)
        return sweep.times, [_joints(shaped, *moment) for moment in moments]

    def _prepare(self, shaped: ShapedBody) -> None:
        vertices, faces = shaped.plane_vertices, len(shaped.body.faces)
        if (len(self._buffers.marks), len(self._buffers.shortlist)) != (vertices, faces):
            self._buffers = self._empty_buffers(vertices, faces)
            self._skinned = _empty_skinned(vertices)

    def _empty_buffers(self, vertices: int, faces: int) -> Buffers:
        buffers = empty_buffers(*self._size, vertices, faces, MAX_WAITING)
        return buffers._replace(roles=roles_of(len(buffers.nearest), self._reading))

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
    skin: tuple[NDArray[Any], ...],
    rest: NDArray[np.float32],
    start_joints: Joints,
    end_joints: Joints,
    times: Floats,
    seconds_per_turn: float,
    skinned: tuple[NDArray[np.float32], ...],
    faces: NDArray[np.int32],
    reflectances: Floats,
    fronts_only: NDArray[np.bool_],
    reading: Reading,
    grid_fields: tuple[Any, ...],
    buffer_fields: tuple[Any, ...],
    limits: tuple[float, float],
    scan_fields: tuple[Any, ...],
    shading_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
    frame: int,
) -> int:
    """Scan frames as `rasterize.scan_frames` does, and shade their hits.

    The joints are those at the `times`, shaped (2, frames), seconds from mid-turn. Without times,
    only those of the start count. Frames of `fronts_only` are scanned without the faces that are
    seen from behind. `rest` are the vertices at rest, in the blocks of the `skin`.
    """
    grid, buffers = RayGrid(*grid_fields), Buffers(*buffer_fields)
    hits, shading, moves = Scan(*scan_fields), Shading(*shading_fields), times.shape[1] > 0
    starts, ends, moved, tile = skinned
    first = frame
    while frame < len(fronts_only):
        place = frame % SKINNED_FRAMES
        if place == 0 or frame == first:
            _skin_part(skin, rest, start_joints, frame - place, starts, tile)
            if moves:
                _skin_part(skin, rest, end_joints, frame - place, ends, tile)
        start, seen, end, frequency = starts[place], starts[place], starts[place], 0.0
        if moves:
            span = (times[0, frame], times[1, frame])
            seen, end, frequency = moved, ends[place], 1 / (span[1] - span[0])
            move_vertices(start, end, span, seconds_per_turn, seen)
        before, fronts = offsets[frame], fronts_only[frame]
        after = scan_frame(seen, faces, fronts, reading, grid, buffers, limits, hits, before)
        offsets[frame + 1] = after
        if after == NOT_FINITE or after > len(hits.faces):
            break
        span_of_hits = (before, after)
        shade(seen, start, end, frequency, faces, reflectances, hits, span_of_hits, shading)
        frame += 1
    return frame


@step
def _skin_part(skin: Any, rest: Any, joints: Joints, frame: int, planes: Any, tile: Any) -> None:
    """Write the vertices of the next frames, or as many as there are, to the first planes."""
    features, transforms, roots = joints
    past = min(frame + SKINNED_FRAMES, len(roots))
    part, room = slice(frame, past), slice(0, past - frame)
    skin_blocks(skin, rest, features[part], transforms[part], roots[part], planes[room], tile)


def _joints(shaped: ShapedBody, pose: Floats, trans: Floats, T_sensor_world: Floats) -> Joints:
    """Return the posed joints of a body as `skin_blocks` reads them."""
    chain = forward_kinematics(shaped.joints, pose, trans, T_sensor_world)
    return tiled_features(skin_of(shaped.body), chain.features), chain.transforms, chain.roots


def _empty_skinned(vertices: int) -> tuple[NDArray[np.float32], ...]:
    """Return memory for the vertices of some frames at both ends, of a moved frame, and a tile."""
    starts, ends = np.empty((2, SKINNED_FRAMES, 3, vertices), np.float32)
    return starts, ends, np.empty((3, vertices), np.float32), empty_tile()


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
