"""The GPU observer of exact scans: from poses to sampled points, in batches of several clips."""

from dataclasses import dataclass

import numpy as np

from motiondata.bodies.body import Body
from motiondata.bodies.posing_torch import pose_frames
from motiondata.lidar.cuda.batches import LAUNCH_FRAMES, Batches
from motiondata.lidar.cuda.bodies import GpuBodies, expect_finite, upload_poses
from motiondata.lidar.cuda.device import Gpu, GpuEvent, gpu_errors_as_device_errors
from motiondata.lidar.cuda.fields import EXACT, Mesh, Noise, SampleArrays
from motiondata.lidar.cuda.scanner import FrameScanner
from motiondata.lidar.noise import draw_range_noise
from motiondata.lidar.observer import Pending, Request
from motiondata.lidar.sampled_clip import SampledClip, join_samples
from motiondata.lidar.sensor import Sensor


class CudaObserver:
    """Observes on a GPU, which it opens with the first batch; not thread-safe."""

    def __init__(self, sensor: Sensor, points: int, launch_frames: int = LAUNCH_FRAMES) -> None:
        self.lookahead_frames = 2 * launch_frames
        self._batches = Batches(lambda gpu: _GpuObserver(gpu, sensor, points), launch_frames)

    def begin(self, request: Request) -> Pending:
        """Add the request to batches, and launch those that are full."""
        parts = [self._batches.add(part) for part in request.cut(self._batches.launch_frames)]
        return lambda: join_samples([part() for part in parts])


@dataclass(frozen=True)
class _Launched:
    """A batch that is running or finished."""

    seen: SampleArrays
    mark: GpuEvent

    def take(self, frames: slice) -> SampledClip:
        """Wait for the batch, and return a copy of the results of some frames."""
        with gpu_errors_as_device_errors():
            self.mark.wait()
        points, hits, parts = (tensor[frames].numpy().copy() for tensor in self.seen)
        expect_finite(hits)
        return SampledClip(points, hits, parts)


class _GpuObserver:
    """The sensor and the bodies on an opened GPU; observes batches."""

    def __init__(self, gpu: Gpu, sensor: Sensor, points: int) -> None:
        self._gpu = gpu
        self._points = points
        with gpu.in_turn():
            self._scanner = FrameScanner(gpu, sensor)
        self._bodies = GpuBodies(gpu)

    def observe(self, body: Body, requests: list[Request]) -> _Launched:
        """Queue all steps from poses to points."""
        with self._gpu.in_turn():
            on_gpu = self._bodies.of(body)
            vertices = pose_frames(on_gpu.skin, upload_poses(self._gpu, requests))
            mesh = Mesh(vertices, on_gpu.faces, on_gpu.parts)
            seen = self._scanner.scan(mesh, self._noise(mesh, requests), self._points)
            return _Launched(SampleArrays(*map(self._gpu.download, seen)), self._gpu.mark())

    def _noise(self, mesh: Mesh, requests: list[Request]) -> Noise:
        """Draw the range noise after a first scan that counts the hits.

        The noise is drawn on the CPU, so that a frame's noise is the same on every device.
        """
        upload, frames = self._gpu.upload, len(mesh.vertices)
        exact = Noise(upload(np.zeros(1)), upload(np.full(frames, EXACT)))
        if all(request.noise.sigma == 0 for request in requests):
            return exact
        counts = self._scanner.scan(mesh, exact, kept=0).hits.cpu().numpy()
        expect_finite(counts)
        ends = np.cumsum([request.frames for request in requests])
        draws = [
            draw_range_noise(hits, noise.sigma, noise.seed, noise.key, noise.first)
            for hits, noise in zip(
                np.split(counts, ends[:-1]), [request.noise for request in requests], strict=True
            )
        ]
        return Noise(upload(np.concatenate(draws)), upload(np.cumsum(counts) - counts))
