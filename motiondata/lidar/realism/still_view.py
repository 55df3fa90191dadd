"""Still views: what a placed sensor sees of things that do not move, scanned once for all frames.

In each frame, the hits of the person are joined with those of the still view that can matter: the
rays that meet the person or lie next to one that does, and the points near the person that are
kept. Everything else would be cut from the result.
"""

from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.cpu.scanner import Scanner, empty_scan
from motiondata.lidar.cpu.scattered import NONE, find_nearest
from motiondata.lidar.placement import invert_rigid, turn
from motiondata.lidar.realism.fine_rays import FineRays
from motiondata.lidar.realism.footprints import NO_HIT
from motiondata.lidar.realism.joining import (
    ShadedHits,
    empty_hits,
    first_hits,
    join_hits,
    list_inside,
)
from motiondata.lidar.realism.reflection import Shading, empty_shading, reflect
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import ray_directions
from motiondata.lidar.surroundings import Box, Surroundings

MARGIN = 0.5
"""How far outside the box echoes are computed, meters: range errors can move points into it."""
KEPT_VIEWS = 4
"""The number of still views that are kept; each has up to four million rays."""


@dataclass(frozen=True, eq=False)
class StillView:
    """What a sensor sees of its surroundings with its fine rays, or some of them, at any range."""

    around: Surroundings
    scan: Scan
    """By beam, then by column, sensor frame; `faces` are those of the surroundings."""
    shading: Shading
    """The powers are those of white faces: the cosine of incidence of each hit."""
    places: NDArray[np.int32]
    """The hit of each ray, or `NO_HIT`, shaped (beams x fine columns,)."""
    world: NDArray[np.float64]
    """The points of the hits in the world frame, shaped (hits, 3)."""


class StillViews:
    """Makes still views, and keeps the last ones: a scene is scanned once for each placement."""

    def __init__(self, fine: FineRays) -> None:
        self._sensor = replace(fine.sensor, min_range=0.0, max_range=float("inf"))
        self._rays = fine.sensor.beams * fine.sensor.columns
        self._kept: dict[tuple[int, bytes], StillView] = {}

    @cached_property
    def _scanner(self) -> Scanner:
        return Scanner(self._sensor)

    def view(self, around: Surroundings, T_sensor_world: NDArray[np.float64]) -> StillView:
        """Return the view of surroundings from a pose of the sensor."""
        key = (id(around), T_sensor_world.tobytes())
        if key not in self._kept:
            while len(self._kept) >= KEPT_VIEWS:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = self.look(around, T_sensor_world)
        return self._kept[key]

    def look(self, around: Surroundings, T_sensor_world: NDArray[np.float64]) -> StillView:
        """Return the view from a pose, which is not kept."""
        planes = _planes(around, T_sensor_world)
        if len(around.faces) == 0:
            return self._view(around, T_sensor_world, planes, empty_scan(0))
        scan = deepcopy(self._scanner.scan_planes(planes, around.faces).hits)  # out of its memory
        return self._view(around, T_sensor_world, planes, scan)

    def glance(
        self, around: Surroundings, T_sensor_world: NDArray[np.float64], rays: NDArray[np.int64]
    ) -> StillView:
        """Return the view of some rays, in order, from a pose to which the sensor does not return.

        Its hits are those of `look` with these rays.
        """
        planes = _planes(around, T_sensor_world)
        chosen = self.directions.reshape(-1, 3)[rays]
        ranges, faces = find_nearest(planes[0], around.faces, chosen)
        (hits,) = np.nonzero(faces != NONE)
        scan = Scan(
            points=(ranges[hits, None] * chosen[hits]).astype(np.float32),
            faces=faces[hits],
            beams=(rays[hits] // self._sensor.columns).astype(np.int32),
            columns=(rays[hits] % self._sensor.columns).astype(np.int32),
            ranges=ranges[hits].astype(np.float32),
        )
        return self._view(around, T_sensor_world, planes, scan)

    @cached_property
    def directions(self) -> NDArray[np.float64]:
        """The directions of all rays, shaped (beams, fine columns, 3), sensor frame."""
        return ray_directions(self._sensor)

    def _view(
        self,
        around: Surroundings,
        T_sensor_world: NDArray[np.float64],
        planes: NDArray[np.float32],
        scan: Scan,
    ) -> StillView:
        hits = len(scan.faces)
        shading, white = empty_shading(hits), np.ones(len(around.faces))
        reflect(planes, around.faces, white, tuple(scan), np.array([0, hits]), tuple(shading))
        places = np.full(self._rays, NO_HIT, np.int32)
        columns = self._sensor.columns
        places[scan.beams.astype(np.int64) * columns + scan.columns] = np.arange(hits)
        T_world_sensor = invert_rigid(T_sensor_world)
        world = turn(T_world_sensor[:3, :3], scan.points.astype(np.float64)) + T_world_sensor[:3, 3]
        return StillView(around, scan, shading, places, world)


def _planes(around: Surroundings, T_sensor_world: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the vertices in the sensor frame, shaped (1, 3, vertices)."""
    vertices = turn(T_sensor_world[:3, :3], around.vertices) + T_sensor_world[:3, 3]
    return np.ascontiguousarray(vertices.T[None], np.float32)


def join_view(
    fine: FineRays,
    person: ShadedHits,
    offsets: NDArray[np.int64],
    view: StillView,
    reflectances: NDArray[np.float64],
    body_faces: int,
    pelvis: NDArray[np.float64],
) -> tuple[ShadedHits, NDArray[np.int64]]:
    """Return the nearest hits of the person and of a still view, and the hits before each frame.

    `reflectances` are those of the faces of the view, which follow the `body_faces` of the person.
    `pelvis`, shaped (frames, 3), is the middle of the box, world frame.
    """
    box, still = view.around.box, view.scan
    near = np.empty(0, np.int32) if box is None else _near_hits(view.world, box, pelvis)
    room = 5 * (len(person.scan.faces) + len(pelvis) * len(near))
    joined, counts = empty_hits(room), np.zeros(len(offsets), np.int64)
    sensor, (cosines, slopes, drifts) = fine.sensor, view.shading
    join_hits(
        (*person.scan, *person.shading), offsets,
        (*still, cosines * reflectances[still.faces], slopes, drifts), view.places, body_faces,
        near, np.ascontiguousarray(view.world[near, :2]), np.ascontiguousarray(pelvis[:, :2]),
        0.0 if box is None else (box.radius + MARGIN) ** 2,
        (sensor.beams, sensor.columns, fine.side), (sensor.min_range, sensor.max_range),
        np.zeros(sensor.columns, np.bool_), np.full(sensor.columns, NO_HIT),
        (*joined.scan, *joined.shading), counts,
    )  # fmt: skip
    return first_hits(joined, int(counts[-1])), counts


def _near_hits(
    world: NDArray[np.float64], box: Box, pelvis: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return the hits that may be in the box around any of the places of the pelvis."""
    reach = box.radius + MARGIN
    low = [*(pelvis[:, :2].min(axis=0) - reach), box.low - MARGIN]
    high = [*(pelvis[:, :2].max(axis=0) + reach), box.high + MARGIN]
    near = np.empty(len(world), np.int32)
    return near[: list_inside(world, np.array(low), np.array(high), near)]
