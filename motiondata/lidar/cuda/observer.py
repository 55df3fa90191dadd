"""The GPU observer: processes batches of frames of several clips asynchronously.

A GPU needs hundreds of frames for full load, and a clip has at most two hundred. Requests are
therefore collected into one batch per body. A batch is launched when it is full, or when one of its
results is requested. Meanwhile the CPU reads the next clips and writes the finished ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody
from motiondata.bodies.posing_torch import (
    TorchPoses,
    TorchSkin,
    body_to_torch,
    pose_frames,
    stack_shapes,
)
from motiondata.errors import InputError
from motiondata.lidar.cuda.device import Gpu, GpuEvent, gpu_errors_as_device_errors, open_gpu
from motiondata.lidar.cuda.fields import EXACT, NOT_FINITE, Mesh, Noise, SampleArrays
from motiondata.lidar.cuda.rasterize import FACE_BITS
from motiondata.lidar.cuda.scanner import FrameScanner
from motiondata.lidar.noise import draw_range_noise
from motiondata.lidar.observer import Pending, Request
from motiondata.lidar.sampled_clip import SampledClip
from motiondata.lidar.sensor import Sensor

LAUNCH_FRAMES = 2048
"""The maximum number of frames per batch: four per active block on the largest GPUs.

This is enough that the CPU, which queues two hundred steps per batch, is not the bottleneck.
"""


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
        _expect_finite(hits)
        return SampledClip(points, hits, parts)


@dataclass
class _Batch:
    """Frames of one body to observe in one launch."""

    body: Body
    requests: list[Request] = field(default_factory=list)
    frames: int = 0
    launched: _Launched | None = None


class CudaObserver:
    """Observes on a GPU, which it opens with the first batch; not thread-safe."""

    def __init__(self, sensor: Sensor, points: int, launch_frames: int = LAUNCH_FRAMES) -> None:
        self.lookahead_frames = 2 * launch_frames
        self._launch_frames = launch_frames
        self._sensor = sensor
        self._points = points
        self._station: _GpuObserver | None = None
        self._open: dict[str, _Batch] = {}

    def begin(self, request: Request) -> Pending:
        """Add the request to batches, and launch those that are full."""
        parts = [self._add(part) for part in request.cut(self._launch_frames)]
        return parts[0] if len(parts) == 1 else partial(_joined, parts)

    def _add(self, request: Request) -> Pending:
        frames = request.frames
        batch = self._open.get(request.shaped.body.id)
        if batch is not None and batch.frames + frames > self._launch_frames:
            self._launch(batch)
            batch = None
        if batch is None:
            batch = self._open[request.shaped.body.id] = _Batch(request.shaped.body)
        batch.requests.append(request)
        batch.frames += frames
        return partial(self._finish, batch, slice(batch.frames - frames, batch.frames))

    def _finish(self, batch: _Batch, frames: slice) -> SampledClip:
        return (batch.launched or self._launch(batch)).take(frames)

    def _launch(self, batch: _Batch) -> _Launched:
        del self._open[batch.body.id]
        with gpu_errors_as_device_errors():
            if self._station is None:
                self._station = _GpuObserver(open_gpu(), self._sensor, self._points)
            batch.launched = self._station.observe(batch.body, batch.requests)
        batch.requests.clear()
        return batch.launched


def _joined(parts: list[Callable[[], SampledClip]]) -> SampledClip:
    seen = [part() for part in parts]
    return SampledClip(
        points=np.concatenate([part.points for part in seen]),
        hits=np.concatenate([part.hits for part in seen]),
        parts=np.concatenate([part.parts for part in seen]),
    )


@dataclass(frozen=True, eq=False)
class _TorchBody:
    """A body on the GPU."""

    skin: TorchSkin
    faces: Tensor
    parts: Tensor


class _GpuObserver:
    """The sensor and the bodies on an opened GPU; observes batches."""

    def __init__(self, gpu: Gpu, sensor: Sensor, points: int) -> None:
        self._gpu = gpu
        self._points = points
        with gpu.in_turn():
            self._scanner = FrameScanner(gpu, sensor)
        self._bodies: dict[str, _TorchBody] = {}

    def observe(self, body: Body, requests: list[Request]) -> _Launched:
        """Queue all steps from poses to points."""
        with self._gpu.in_turn():
            on_gpu = self._body(body)
            vertices = pose_frames(on_gpu.skin, self._poses(requests))
            mesh = Mesh(vertices, on_gpu.faces, on_gpu.parts)
            seen = self._scanner.scan(mesh, self._noise(mesh, requests), self._points)
            return _Launched(SampleArrays(*map(self._gpu.download, seen)), self._gpu.mark())

    def _body(self, body: Body) -> _TorchBody:
        if len(body.faces) >= 1 << FACE_BITS:
            raise InputError(
                f"body {body.name}: expected fewer than {1 << FACE_BITS} faces, "
                f"found {len(body.faces)}: use --device cpu"
            )
        if body.id not in self._bodies:
            self._bodies[body.id] = _TorchBody(
                skin=body_to_torch(body, self._gpu.device),
                faces=self._gpu.upload(body.faces),
                parts=self._gpu.upload(body.face_parts),
            )
        return self._bodies[body.id]

    def _poses(self, requests: list[Request]) -> TorchPoses:
        numbers = {id(shape): number for number, shape in enumerate(_shapes_of(requests))}
        counts = [request.frames for request in requests]
        vertices, joints = stack_shapes(_shapes_of(requests))
        shapes = np.array([numbers[id(request.shaped)] for request in requests])
        upload = self._gpu.upload
        return TorchPoses(
            vertices=upload(vertices),
            joints=upload(joints),
            shapes=upload(np.repeat(shapes, counts)),
            pose=upload(np.concatenate([request.pose for request in requests])),
            trans=upload(np.concatenate([request.trans for request in requests])),
            T_target_world=upload(
                np.concatenate(
                    [
                        np.broadcast_to(request.T_sensor_world, (request.frames, 4, 4))
                        for request in requests
                    ]
                )
            ),
        )

    def _noise(self, mesh: Mesh, requests: list[Request]) -> Noise:
        """Draw the range noise after a first scan that counts the hits.

        The noise is drawn on the CPU, so that a frame's noise is the same on every device.
        """
        upload, frames = self._gpu.upload, len(mesh.vertices)
        exact = Noise(upload(np.zeros(1)), upload(np.full(frames, EXACT)))
        if all(request.noise.sigma == 0 for request in requests):
            return exact
        counts = self._scanner.scan(mesh, exact, kept=0).hits.cpu().numpy()
        _expect_finite(counts)
        ends = np.cumsum([request.frames for request in requests])
        draws = [
            draw_range_noise(hits, noise.sigma, noise.seed, noise.key, noise.first)
            for hits, noise in zip(
                np.split(counts, ends[:-1]), [request.noise for request in requests], strict=True
            )
        ]
        return Noise(upload(np.concatenate(draws)), upload(np.cumsum(counts) - counts))


def _expect_finite(hits: NDArray[np.int32]) -> None:
    if (hits == NOT_FINITE).any():
        raise ValueError("expected finite vertices, found NaN or infinity among them")


def _shapes_of(requests: list[Request]) -> list[ShapedBody]:
    """Return each shape once; mirrored clips and views of a recording share one shape."""
    return list({id(request.shaped): request.shaped for request in requests}.values())
