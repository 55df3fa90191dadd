"""The effects on the hits of fine rays, wherever those were cast: hits, returns, sampled points.

Every random number is a function of seed, sample, frame, beam and column, so that no result depends
on batches, workers or other clips.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.cpu.sampling import order_scans, sample_scans
from motiondata.lidar.measurement import Measurement
from motiondata.lidar.noise import add_range_noise
from motiondata.lidar.observer import Request
from motiondata.lidar.point_values import Hits, sampled_values
from motiondata.lidar.realism.compensation import compensate
from motiondata.lidar.realism.fine_rays import FineRays, beam_errors, fine_rays, ray_angles
from motiondata.lidar.realism.footprints import NO_HIT, Echoes, footprints_per_hit, merge_echoes
from motiondata.lidar.realism.joining import ShadedHits, chain_hits, cut_hits
from motiondata.lidar.realism.keyed_random import stream_of
from motiondata.lidar.realism.materials import reflectances_of
from motiondata.lidar.realism.nearby_rays import nearby_rays
from motiondata.lidar.realism.returns import Angles, Returns, Unit, report_returns
from motiondata.lidar.realism.rolling_shutter import Shutter, lags_of, shutter_of
from motiondata.lidar.realism.scenery import Scenery, kept_hits, scenery_of
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.realism.still_view import MARGIN, StillView, StillViews, join_view
from motiondata.lidar.sampled_clip import SampledClip
from motiondata.lidar.scans import Scan, Scans
from motiondata.lidar.sensor import Sensor, column_times, firing_columns
from motiondata.lidar.surroundings import Surroundings

ECHOES_PER_HIT = 3
"""A fine hit can be the center of one footprint and the side of two others."""


class Effects:
    """Turns the hits of one sensor's fine rays into points; not thread-safe: it reuses memory."""

    def __init__(
        self, sensor: Sensor, points: int, settings: Realism, with_extras: bool = True
    ) -> None:
        self.fine, self.shutter = fine_rays(sensor, settings), shutter_of(sensor, settings)
        self._views = StillViews(self.fine)
        self._unit = _unit_of(sensor.measurement, settings)
        self._angles = _angles_of(sensor, self.fine.columns, settings, self.shutter)
        self._times = column_times(self.fine.sensor, self.fine.columns)
        self._points, self._with_extras = points, with_extras
        rays = self.fine.sensor.beams * self.fine.sensor.columns
        self._hit_of_ray = np.full(rays, NO_HIT)
        self._memory = _Memory.of(0, self.fine)

    def sample(self, request: Request, hits: ShadedHits, offsets: NDArray[np.int64]) -> SampledClip:
        """Return the sampled returns of a request, from its hits on the person."""
        returns = self.returns(request, hits, offsets)
        if not self._with_extras:
            return sample_scans(returns.scans, returns.face_parts, self._points)
        return sampled_values(returns, order_scans(returns.scans, self._points))

    def returns(self, request: Request, hits: ShadedHits, offsets: NDArray[np.int64]) -> Hits:
        """Return all returns of a request, before sampling, in this object's memory.

        `hits` are those on the person, whatever their range if there are surroundings, and
        `offsets` the hits before each frame. Those of a scan pattern are on the surroundings too.
        """
        noise, scenery = request.noise, scenery_of(request.shaped, request.surroundings)
        if request.surroundings is not None and self.fine.sensor.pattern is None:
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
        return compensate(kept, request, abs(self.shutter.seconds_per_turn))

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
        reflectances = reflectances_of(request)[scenery.materials[first:]]
        pelvis = request.trans + request.shaped.joints[0]
        if not request.sensor_moves:
            view = self._views.view(around, request.T_sensor_world)
            return join_view(self.fine, hits, offsets, view, reflectances, first, pelvis)
        return chain_hits(
            [
                join_view(
                    self.fine, *here, self._glance(request, around, frame, here[0]),
                    reflectances, first, pelvis[frame : frame + 1],
                )
                for frame in range(request.frames)
                for here in [cut_hits(hits, offsets, frame)]
            ]
        )  # fmt: skip

    def _glance(
        self, request: Request, around: Surroundings, frame: int, person: ShadedHits
    ) -> StillView:
        """Return what a moving sensor sees of the surroundings with the rays that can matter."""
        looking, pelvis = request.looking[frame], request.trans[frame] + request.shaped.joints[0]
        radius = 0.0 if around.box is None else around.box.radius + MARGIN
        rays = nearby_rays(
            self._views.directions, person.scan, self.fine.side, looking, pelvis, radius
        )
        return self._views.glance(around, looking, rays)

    def _report(
        self, request: Request, hits: ShadedHits, hit_offsets: NDArray[np.int64]
    ) -> tuple[Returns, NDArray[np.int64]]:
        """Turn the hits of fine rays into returns, in this observer's memory."""
        scan, fine, measured = tuple(hits.scan), self.fine, self.fine.sensor.measurement
        memory = self._memory_for(len(hits.scan.faces))
        echo_offsets, offsets = np.zeros((2, len(hit_offsets)), np.int64)
        merge_echoes(
            scan, hit_offsets, hits.shading.powers, (fine.columns, fine.factor, fine.side),
            fine.step, measured.echo_separation_m, measured.echo == "first",
            self._fewest_rays(request), self._hit_of_ray, memory.footprints,
            tuple(memory.echoes), echo_offsets,
        )  # fmt: skip
        report_returns(
            scan, tuple(hits.shading), fine.factor, tuple(memory.echoes), echo_offsets,
            tuple(self._unit), tuple(self._angles), fine.sensor.pattern is None,
            stream_of(request.noise.seed, request.noise.key), request.noise.first,
            tuple(memory.returns), offsets,
        )  # fmt: skip
        return memory.first_returns(int(offsets[-1])), offsets

    def _fewest_rays(self, request: Request) -> int:
        """Return how many of the three rays of a footprint must hit for an echo."""
        appearance = request.appearance
        outshone = appearance is not None and appearance.is_outshone
        return 2 if outshone and self.fine.side > 0 else 1

    def _memory_for(self, hits: int) -> "_Memory":
        if self._memory.hits < hits:
            self._memory = _Memory.of(2 * hits, self.fine)
        return self._memory


@dataclass(frozen=True, eq=False)
class _Memory:
    """Memory for echoes and returns, reused between batches because new memory is slow."""

    hits: int
    """The number of hits of fine rays that it is for."""
    footprints: NDArray[np.int32]
    echoes: Echoes
    returns: Returns

    @classmethod
    def of(cls, hits: int, fine: FineRays) -> "_Memory":
        count = ECHOES_PER_HIT * hits + 1
        footprints = np.empty(footprints_per_hit(fine.factor, fine.side) * hits + 1, np.int32)
        echo_hits, echo_columns, faces, beams, columns = np.empty((5, count), np.int32)
        echo_ranges, echo_powers = np.empty((2, count))
        points, ranges = np.empty((count, 3), np.float32), np.empty(count, np.float32)
        returns = Returns(points, faces, beams, columns, ranges, np.empty(count, np.uint8))
        return cls(
            hits, footprints, Echoes(echo_hits, echo_columns, echo_ranges, echo_powers), returns
        )

    def first_returns(self, count: int) -> Returns:
        """Return views of the first returns."""
        points, faces, beams, columns, ranges, intensities = self.returns
        return Returns(
            points[:count], faces[:count], beams[:count], columns[:count], ranges[:count],
            intensities[:count],
        )  # fmt: skip


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
        np.resize(pattern * settings.azimuth_jitter, columns),
        firing_columns(replace(sensor, columns=columns)),
        lags_of(sensor, shutter),
    )
