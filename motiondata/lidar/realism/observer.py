"""The observer with realism on a CPU: scan a dressed body with fine rays, and apply the effects."""

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import pose_planes
from motiondata.lidar.cpu.scattered import PatternScanner
from motiondata.lidar.observer import Pending, Request
from motiondata.lidar.point_values import Hits
from motiondata.lidar.realism.effects import Effects
from motiondata.lidar.realism.fine_rays import FineRays
from motiondata.lidar.realism.joining import ShadedHits
from motiondata.lidar.realism.materials import reflectances_of
from motiondata.lidar.realism.moving_scan import MovingScanner
from motiondata.lidar.realism.reflection import empty_shading, reflect
from motiondata.lidar.realism.rolling_shutter import Shutter
from motiondata.lidar.realism.scenery import scenery_of, with_surroundings
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.sampled_clip import join_samples
from motiondata.lidar.sensor import Sensor

NEAR_FRAMES = 256
"""Frames per batch of a person alone. A batch costs 1 ms, for calls from Python and cold caches;
most clips are one."""
CROWDED_FRAMES = 64
"""The same with surroundings, of which each frame may have more hits than of the person."""
NEAR_PATTERN_FRAMES = 4
"""The same for scan patterns, whose frames are slow and hold a copy of the surroundings each."""


class RealisticObserver:
    """Observes synchronously on one core; not thread-safe, because it reuses its buffers."""

    lookahead_frames = 0

    def __init__(
        self, sensor: Sensor, points: int, settings: Realism, with_extras: bool = True
    ) -> None:
        self._effects = Effects(sensor, points, settings, with_extras)
        self._scanner = _make_scanner(self._effects.fine, self._effects.shutter)

    def begin(self, request: Request) -> Pending:
        """Observe synchronously; the result is ready when this returns."""
        frames = NEAR_FRAMES if request.surroundings is None else CROWDED_FRAMES
        if isinstance(self._scanner, PatternScanner):
            frames = NEAR_PATTERN_FRAMES
        parts = [self._effects.sample(near, *self._scan(near)) for near in request.cut(frames)]
        sampled = join_samples(parts)
        return lambda: sampled

    def returns(self, request: Request) -> Hits:
        """Return all returns of a request, before sampling, in this observer's memory."""
        return self._effects.returns(request, *self._scan(request))

    def _scan(self, request: Request) -> tuple[ShadedHits, NDArray[np.int64]]:
        """Return the hits on the person, in the scanner's memory, and those before each frame."""
        reflectances = reflectances_of(request)
        if isinstance(self._scanner, MovingScanner):
            return self._scanner.scan(request, reflectances[request.shaped.body.face_parts])
        materials = scenery_of(request.shaped, request.surroundings).materials
        return _scan_pattern(self._scanner, request, reflectances[materials])


def _make_scanner(fine: FineRays, shutter: Shutter) -> MovingScanner | PatternScanner:
    if fine.sensor.pattern is not None:
        return PatternScanner(fine.sensor)
    return MovingScanner(fine.sensor, shutter, fine.reading)


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
