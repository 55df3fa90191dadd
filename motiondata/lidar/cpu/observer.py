"""The CPU observer: pose, scan, add noise and sample.

An observer contains all the expensive steps of a build, so that a device can run all of them, and
only the points are transferred. The CPU observer is the reference implementation for all others.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_planes
from motiondata.lidar.cpu.sampling import sample_into
from motiondata.lidar.cpu.scanners import make_scanner
from motiondata.lidar.noise import add_range_noise
from motiondata.lidar.observer import Pending, Request
from motiondata.lidar.sampled_clip import empty_sample
from motiondata.lidar.scans import Scans
from motiondata.lidar.sensor import Sensor

NEAR_FRAMES = 64
"""Frames per batch: few enough for their vertices to stay in a cache, and enough to share the
loading of pose blend shapes."""


class CpuObserver:
    """Observes synchronously on one core; not thread-safe, because it reuses its buffers."""

    lookahead_frames = 0

    def __init__(self, sensor: Sensor, points: int) -> None:
        self._scanner = make_scanner(sensor)
        self._points = points
        self._planes = np.empty((0, 3, 0), np.float32)

    def begin(self, request: Request) -> Pending:
        """Observe synchronously; the result is ready when this returns."""
        sampled, first = empty_sample(request.frames, self._points), 0
        for near in request.cut(NEAR_FRAMES):
            scans = self._scan(near)
            sample_into(sampled, scans, request.shaped.body.face_parts, first)
            first += near.frames
        return lambda: sampled

    def _scan(self, near: Request) -> Scans:
        shaped, noise = near.shaped, near.noise
        planes = self._planes_for(shaped, near.frames)
        pose_planes(shaped, near.pose, near.trans, near.T_sensor_world, planes)
        scans = self._scanner.scan_planes(planes, shaped.body.faces, near.times)
        return add_range_noise(scans, noise.sigma, noise.seed, noise.key, noise.first)

    def _planes_for(self, shaped: ShapedBody, frames: int) -> NDArray[np.float32]:
        """Return memory for the vertices of `frames` frames; reused, because new memory is slow."""
        if self._planes.shape[2] != shaped.plane_vertices:
            self._planes = np.empty((NEAR_FRAMES, 3, shaped.plane_vertices), np.float32)
        return self._planes[:frames]
