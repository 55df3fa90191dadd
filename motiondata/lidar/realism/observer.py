"""The observer with realism: pose a dressed body, scan fine rays, turn hits into returns, sample.

Every random number is a function of seed, sample, frame, beam and column, so that no result depends
on batches, workers or other clips. Only a CPU observer exists.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import pose_planes
from motiondata.lidar.cpu.sampling import order_scans, sample_scans
from motiondata.lidar.cpu.scattered import PatternScanner
from motiondata.lidar.measurement import Measurement
from motiondata.lidar.noise import add_range_noise
from motiondata.lidar.observer import Pending, Request
from motiondata.lidar.point_values import Hits, sampled_values
from motiondata.lidar.realism.compensation import compensate
from motiondata.lidar.realism.fine_rays import beam_errors, fine_rays, ray_angles
from motiondata.lidar.realism.footprints import NO_HIT, Echoes, merge_echoes
from motiondata.lidar.realism.joining import ShadedHits, chain_hits, cut_hits
from motiondata.lidar.realism.keyed_random import stream_of
from motiondata.lidar.realism.materials import GRAY
from motiondata.lidar.realism.moving_scan import MovingScanner
from motiondata.lidar.realism.reflection import empty_shading, reflect
from motiondata.lidar.realism.returns import Angles, Returns, Unit, report_returns
from motiondata.lidar.realism.rolling_shutter import Shutter, lags_of, shutter_of
from motiondata.lidar.realism.scenery import Scenery, kept_hits, scenery_of, with_surroundings
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.realism.still_view import StillViews, join_view
from motiondata.lidar.sampled_clip import SampledClip
from motiondata.lidar.scans import Scan, Scans
from motiondata.lidar.sensor import Sensor, column_times
from motiondata.lidar.surroundings import Surroundings

NEAR_FRAMES = 64
"""Frames per batch: enough to share the cost of calls from Python."""
NEAR_PATTERN_FRAMES = 4
"""The same for scan patterns, whose frames are slow and hold a copy of the surroundings each."""

ECHOES_PER_HIT = 3
"""A fine hit can be the center of one footprint and the side of two others."""


class RealisticObserver:
    """Observes synchronously on one core; not thread-safe, because it reuses its buffers."""

    lookahead_frames = 0

    def __init__(
        self, sensor: Sensor, points: int, settings: Realism, with_extras: bool = True
    ) -> None:
        self._fine, self._shutter = fine_rays(sensor, settings), shutter_of(sensor, settings)
        self._scanner = _make_scanner(self._fine.sensor, self._shutter)
        self._views = StillViews(self._fine)
        self._unit = _unit_of(sensor.measurement, settings)
        self._angles = _angles_of(sensor, self._fine.columns, settings, self._shutter)
        self._times = column_times(self._fine.sensor, self._fine.columns)
        self._points, self._with_extras = points, with_extras
        self._row = np.full(self._fine.sensor.columns, NO_HIT)
        self._memory = _Memory.of(0)

    def begin(self, request: Request) -> Pending:
        """Observe synchronously; the result is ready when this returns."""
        frames = NEAR_FRAMES if self._fine.sensor.pattern is None else NEAR_PATTERN_FRAMES
        parts = [self._observe(near) for near in request.cut(frames)]
        sampled = _joined(parts)
        return lambda: sampled

    def returns(self, request: Request) -> Hits:
        """Return all returns of a request, before sampling, in this observer's memory."""
        noise, scenery = request.noise, scenery_of(request.shaped, request.surroundings)
        hits, offsets = self._person(request, scenery)
        if request.surroundings is not None and self._fine.sensor.pattern is None:
            hits, offsets = self._joined(request, request.surroundings, scenery, hits, offsets)
        returns, offsets = self._report(request, hits, offsets)
        scan = Scan(returns.points, returns.faces, returns.beams, returns.columns, returns.ranges)
        noisy = add_range_noise(
            Scans(scan, offsets), noise.sigma, noise.seed, noise.key, noise.first
        )
        hits_of_all = Hits(noisy, returns.intensities, scenery.parts, scenery.labels, self._times)
        kept = kept_hits(hits_of_all, request)
        if not request.compensated:
            return kept
        return compensate(kept, request, abs(self._shutter.seconds_per_turn))

    def _observe(self, near: Request) -> SampledClip:
        hits = self.returns(near)
        if not self._with_extras:
            return sample_scans(hits.scans, hits.face_parts, self._points)
        return sampled_values(hits, order_scans(hits.scans, self._points))

    def _person(self, request: Request, scenery: Scenery) -> tuple[ShadedHits, NDArray[np.int64]]:
        """Return the hits on the person, in the scanner's memory, and those before each frame."""
        own = scenery.materials[: len(request.shaped.body.faces)]
        if isinstance(self._scanner, MovingScanner):
            return self._scanner.scan(request, _reflectances(request)[own])
        return _scan_pattern(self._scanner, request, _reflectances(request)[scenery.materials])

    def _joined(
        self,
        request: Request,
        around: Surroundings,
        scenery: Scenery,
        hits: ShadedHits,
        offsets: NDArray[np.int64],
    ) -> tuple[ShadedHits, NDArray[np.int64]]:
        """Return the hits with those on things that stand still.

        A sensor that moves sees them from another place in each frame.
        """
        first = len(request.shaped.body.faces)
        reflectances = _reflectances(request)[scenery.materials[first:]]
        pelvis = request.trans + request.shaped.joints[0]
        if not request.sensor_moves:
            view = self._views.view(around, request.T_sensor_world)
            return join_view(self._fine, hits, offsets, view, reflectances, first, pelvis)
        return chain_hits(
            [
                join_view(
                    self._fine, *cut_hits(hits, offsets, frame),
                    self._views.look(around, request.looking[frame]),
                    reflectances, first, pelvis[frame : frame + 1],
                )
                for frame in range(request.frames)
            ]
        )  # fmt: skip

    def _report(
        self, request: Request, hits: ShadedHits, hit_offsets: NDArray[np.int64]
    ) -> tuple[Returns, NDArray[np.int64]]:
        """Turn the hits of fine rays into returns, in this observer's memory."""
        scan, fine = tuple(hits.scan), self._fine
        memory = self._memory_for(len(hits.scan.faces))
        echo_offsets, offsets = np.zeros((2, len(hit_offsets)), np.int64)
        merge_echoes(
            scan, hit_offsets, hits.shading.powers, fine.columns, fine.factor, fine.side,
            fine.sensor.measurement.echo_separation_m, fine.sensor.measurement.echo == "first",
            self._row, tuple(memory.echoes), echo_offsets,
        )  # fmt: skip
        report_returns(
            scan, tuple(hits.shading), fine.factor, tuple(memory.echoes), echo_offsets,
            tuple(self._unit), tuple(self._angles), fine.sensor.pattern is None,
            stream_of(request.noise.seed, request.noise.key), request.noise.first,
            tuple(memory.returns), offsets,
        )  # fmt: skip
        return memory.first_returns(int(offsets[-1])), offsets

    def _memory_for(self, hits: int) -> "_Memory":
        if self._memory.hits < hits:
            self._memory = _Memory.of(2 * hits)
        return self._memory


@dataclass(frozen=True, eq=False)
class _Memory:
    """Memory for echoes and returns, reused between batches because new memory is slow."""

    hits: int
    """The number of hits of fine rays that it is for."""
    echoes: Echoes
    returns: Returns

    @classmethod
    def of(cls, hits: int) -> "_Memory":
        count = ECHOES_PER_HIT * hits
        echo_hits, echo_columns, faces, beams, columns = np.empty((5, count), np.int32)
        echo_ranges, echo_powers = np.empty((2, count))
        points, ranges = np.empty((count, 3), np.float32), np.empty(count, np.float32)
        returns = Returns(points, faces, beams, columns, ranges, np.empty(count, np.uint8))
        return cls(hits, Echoes(echo_hits, echo_columns, echo_ranges, echo_powers), returns)

    def first_returns(self, count: int) -> Returns:
        """Return views of the first returns."""
        points, faces, beams, columns, ranges, intensities = self.returns
        return Returns(
            points[:count], faces[:count], beams[:count], columns[:count], ranges[:count],
            intensities[:count],
        )  # fmt: skip


def _make_scanner(sensor: Sensor, shutter: Shutter) -> MovingScanner | PatternScanner:
    return MovingScanner(sensor, shutter) if sensor.pattern is None else PatternScanner(sensor)


def _scan_pattern(
    scanner: PatternScanner, request: Request, reflectances: NDArray[np.float64]
) -> tuple[ShadedHits, NDArray[np.int64]]:
    """Return the hits on the person and the surroundings, and those before each frame.

    The surroundings are scanned with the person, because each frame has other rays.
    """
    shaped = request.shaped
    planes = np.empty((request.frames, 3, shaped.plane_vertices), np.float32)
    pose_planes(shaped, request.pose, request.trans, request.T_sensor_world, planes)
    planes, faces = with_surroundings(planes, request)
    scans = scanner.scan_planes(planes, faces, request.times)
    shading = empty_shading(len(scans.hits.faces))
    reflect(planes, faces, reflectances, tuple(scans.hits), scans.offsets, tuple(shading))
    return ShadedHits(scans.hits, shading), scans.offsets


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


def _angles_of(sensor: Sensor, columns: int, settings: Realism, shutter: Shutter) -> Angles:
    pattern = np.radians(np.array(sensor.measurement.column_pattern_deg or (0.0,), np.float64))
    return Angles(
        beam_errors(sensor, settings.beam_offsets),
        *ray_angles(sensor, columns),
        np.asarray(pattern * settings.azimuth_jitter),
        lags_of(sensor, shutter),
    )


def _joined(parts: list[SampledClip]) -> SampledClip:
    def join(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    extras = {
        name: np.concatenate([part.extras[name] for part in parts]) for name in parts[0].extras
    }
    return SampledClip(join("points"), join("hits"), join("parts"), extras)
