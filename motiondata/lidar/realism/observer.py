"""The observer with realism: pose a dressed body, scan fine rays, turn hits into returns, sample.

Every random number is a function of seed, sample, frame, beam and column, so that no result depends
on batches, workers or other clips. Only a CPU observer exists.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_planes
from motiondata.lidar.cpu.sampling import order_scans
from motiondata.lidar.cpu.scanners import make_scanner
from motiondata.lidar.measurement import Measurement
from motiondata.lidar.noise import add_range_noise
from motiondata.lidar.observer import Pending, Request
from motiondata.lidar.point_values import Hits, sampled_values
from motiondata.lidar.realism.fine_rays import beam_errors, fine_rays, ray_angles
from motiondata.lidar.realism.footprints import NO_HIT, Echoes, merge_echoes
from motiondata.lidar.realism.joining import ShadedHits
from motiondata.lidar.realism.keyed_random import stream_of
from motiondata.lidar.realism.materials import GRAY
from motiondata.lidar.realism.moving_mesh import move_hits, move_vertices
from motiondata.lidar.realism.reflection import reflect
from motiondata.lidar.realism.returns import Angles, Returns, Unit, report_returns
from motiondata.lidar.realism.rolling_shutter import lags_of, shutter_of
from motiondata.lidar.realism.scenery import Scenery, kept_hits, scenery_of, with_surroundings
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.realism.still_view import StillView, StillViews, join_view
from motiondata.lidar.sampled_clip import SampledClip
from motiondata.lidar.scans import Scan, Scans
from motiondata.lidar.sensor import Sensor, column_times

NEAR_FRAMES = 16
"""Frames per batch: few enough for their vertices to stay in a cache, at three moments."""

MOMENTS = 3
"""The body is held as it is seen, and as posed at both ends of its sector."""

ECHOES_PER_HIT = 3
"""A fine hit can be the center of one footprint and the side of two others."""


class RealisticObserver:
    """Observes synchronously on one core; not thread-safe, because it reuses its buffers."""

    lookahead_frames = 0

    def __init__(self, sensor: Sensor, points: int, settings: Realism) -> None:
        self._fine = fine_rays(sensor, settings)
        self._scanner = make_scanner(self._fine.sensor)
        self._views = StillViews(self._fine)
        self._unit = _unit_of(sensor.measurement, settings)
        self._angles = _angles_of(sensor, self._fine.columns, settings)
        self._times = column_times(self._fine.sensor, self._fine.columns)
        self._shutter = shutter_of(sensor, settings)
        self._lags = lags_of(sensor, self._shutter)
        self._points = points
        self._row = np.full(self._fine.sensor.columns, NO_HIT)
        self._memory = _Memory.of(0)
        self._planes = np.empty((MOMENTS, 0, 3, 0), np.float32)

    def begin(self, request: Request) -> Pending:
        """Observe synchronously; the result is ready when this returns."""
        parts = [self._observe(near) for near in request.cut(NEAR_FRAMES)]
        sampled = _joined(parts)
        return lambda: sampled

    def returns(self, request: Request) -> Hits:
        """Return all returns of a request of at most `NEAR_FRAMES` frames, before sampling."""
        noise, scenery = request.noise, scenery_of(request.shaped, request.surroundings)
        hits, offsets = self._person(request, scenery)
        if request.surroundings is not None and self._fine.sensor.pattern is None:
            view = self._views.view(request.surroundings, request.T_sensor_world)
            hits, offsets = self._joined(request, scenery, view, hits, offsets)
        returns, offsets = self._report(request, hits, offsets)
        scan = Scan(returns.points, returns.faces, returns.beams, returns.columns, returns.ranges)
        noisy = add_range_noise(
            Scans(scan, offsets), noise.sigma, noise.seed, noise.key, noise.first
        )
        parts, labels = scenery.parts[returns.faces], scenery.labels[returns.faces]
        return kept_hits(Hits(noisy, returns.intensities, parts, labels, self._times), request)

    def _observe(self, near: Request) -> SampledClip:
        hits = self.returns(near)
        numbers = order_scans(hits.scans, self._points)
        return sampled_values(hits, numbers)

    def _person(self, request: Request, scenery: Scenery) -> tuple[ShadedHits, NDArray[np.int64]]:
        """Return the hits on the person, in the scanner's memory, and those before each frame.

        Each frame of a scan pattern has other rays, so that the surroundings are scanned with it.
        """
        faces, planes = request.shaped.body.faces, self._posed(request)
        if self._fine.sensor.pattern is not None:
            planes, faces = with_surroundings(planes, request)
        scans = self._scanner.scan_planes(planes, faces, request.times)
        self._move_hits(request, planes, scans)
        count = len(scans.hits.faces)
        memory = self._memory_for(count)
        powers, slopes = memory.powers[:count], memory.slopes[:count]
        reflectances = _reflectances(request)[scenery.materials[: len(faces)]]
        reflect(planes, faces, reflectances, tuple(scans.hits), scans.offsets, powers, slopes)
        return ShadedHits(scans.hits, powers, slopes), scans.offsets

    def _joined(
        self,
        request: Request,
        scenery: Scenery,
        view: StillView,
        hits: ShadedHits,
        offsets: NDArray[np.int64],
    ) -> tuple[ShadedHits, NDArray[np.int64]]:
        """Return the hits with those on things that stand still."""
        first = len(request.shaped.body.faces)
        reflectances = _reflectances(request)[scenery.materials[first:]]
        pelvis = request.trans + request.shaped.joints[0]
        return join_view(self._fine, hits, offsets, view, reflectances, first, pelvis)

    def _report(
        self, request: Request, hits: ShadedHits, hit_offsets: NDArray[np.int64]
    ) -> tuple[Returns, NDArray[np.int64]]:
        """Turn the hits of fine rays into returns, in this observer's memory."""
        scan, fine = tuple(hits.scan), self._fine
        memory = self._memory_for(len(hits.powers))
        echo_offsets, offsets = np.zeros((2, len(hit_offsets)), np.int64)
        merge_echoes(
            scan, hit_offsets, hits.powers, fine.columns, fine.factor, fine.side,
            fine.sensor.measurement.echo_separation_m, fine.sensor.measurement.echo == "first",
            self._row, tuple(memory.echoes), echo_offsets,
        )  # fmt: skip
        report_returns(
            scan, hits.slopes, fine.factor, tuple(memory.echoes), echo_offsets,
            tuple(self._unit), tuple(self._angles), fine.sensor.pattern is None,
            stream_of(request.noise.seed, request.noise.key), request.noise.first,
            tuple(memory.returns), offsets,
        )  # fmt: skip
        return memory.first_returns(int(offsets[-1])), offsets

    def _memory_for(self, hits: int) -> "_Memory":
        if len(self._memory.powers) < hits:
            self._memory = _Memory.of(2 * hits)
        return self._memory

    def _posed(self, request: Request) -> NDArray[np.float32]:
        """Return the vertices where the sensor sees them, shaped (frames, 3, vertices)."""
        shaped, sweep, transform = request.shaped, request.sweep, request.T_sensor_world
        moved: NDArray[np.float32]
        moved, start, end = self._planes_for(shaped, request.frames)
        if sweep is None or self._shutter.seconds_per_turn == 0:
            pose_planes(shaped, request.pose, request.trans, transform, moved)
            return moved
        for moment, planes in enumerate((start, end)):
            pose_planes(shaped, sweep.pose[moment], sweep.trans[moment], transform, planes)
        move_vertices(start, end, sweep.times, self._shutter.seconds_per_turn, moved)
        return moved

    def _move_hits(self, request: Request, planes: NDArray[np.float32], scans: Scans) -> None:
        """Move the hits of beams with an azimuth offset to where the body is when they fire."""
        sweep = request.sweep
        if sweep is None or not self._lags.any():
            return
        _, start, end = self._planes_for(request.shaped, request.frames)
        move_hits(
            tuple(scans.hits), scans.offsets, planes, start, end, request.shaped.body.faces,
            sweep.times[1] - sweep.times[0], self._lags,
        )  # fmt: skip

    def _planes_for(self, shaped: ShapedBody, frames: int) -> NDArray[np.float32]:
        """Return memory for the vertices of `frames` frames; reused, because new memory is slow."""
        if self._planes.shape[3] != shaped.plane_vertices:
            self._planes = np.empty((MOMENTS, NEAR_FRAMES, 3, shaped.plane_vertices), np.float32)
        return self._planes[:, :frames]


@dataclass(frozen=True, eq=False)
class _Memory:
    """Memory for the hits of fine rays, reused between batches because new memory is slow."""

    powers: NDArray[np.float64]
    slopes: NDArray[np.float64]
    echoes: Echoes
    returns: Returns

    @classmethod
    def of(cls, hits: int) -> "_Memory":
        powers, slopes = np.empty((2, hits))
        count = ECHOES_PER_HIT * hits
        echo_hits, echo_columns, faces, beams, columns = np.empty((5, count), np.int32)
        echo_ranges, echo_powers = np.empty((2, count))
        points, ranges = np.empty((count, 3), np.float32), np.empty(count, np.float32)
        returns = Returns(points, faces, beams, columns, ranges, np.empty(count, np.uint8))
        return cls(
            powers, slopes, Echoes(echo_hits, echo_columns, echo_ranges, echo_powers), returns
        )

    def first_returns(self, count: int) -> Returns:
        """Return views of the first returns."""
        points, faces, beams, columns, ranges, intensities = self.returns
        return Returns(
            points[:count], faces[:count], beams[:count], columns[:count], ranges[:count],
            intensities[:count],
        )  # fmt: skip


def _reflectances(request: Request) -> NDArray[np.float64]:
    """Return the reflectance of each material."""
    return GRAY if request.appearance is None else request.appearance.reflectances


def _unit_of(measured: Measurement, settings: Realism) -> Unit:
    return Unit(
        reach=measured.reach_m,
        loss=min(1.0, measured.loss * settings.loss),
        weak_loss=min(1.0, settings.loss),
        sigma=measured.range_sigma_m * settings.range_noise,
        weak_sigma=measured.weak_sigma_m * settings.range_noise,
        tail_share=measured.tail_share,
        tail_factor=measured.tail_factor,
        step=measured.range_step_m * settings.range_steps,
        jitter=float(np.radians(measured.azimuth_jitter_deg)) * settings.azimuth_jitter,
        intensity=measured.intensity_per_reflectance,
        intensity_most=measured.intensity_most,
    )


def _angles_of(sensor: Sensor, columns: int, settings: Realism) -> Angles:
    pattern = np.radians(np.array(sensor.measurement.column_pattern_deg or (0.0,), np.float64))
    return Angles(
        beam_errors(sensor, settings.beam_offsets),
        *ray_angles(sensor, columns),
        np.asarray(pattern * settings.azimuth_jitter),
    )


def _joined(parts: list[SampledClip]) -> SampledClip:
    def join(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    extras = {
        name: np.concatenate([part.extras[name] for part in parts]) for name in parts[0].extras
    }
    return SampledClip(join("points"), join("hits"), join("parts"), extras)
