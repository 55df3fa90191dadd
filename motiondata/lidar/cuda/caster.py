"""Cast fine rays at batches of people on a GPU, and give their hits to the CPU."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motiondata.bodies.body import Body
from motiondata.bodies.posing_torch import pose_frames
from motiondata.lidar.cuda.bodies import GpuBodies, TorchBody, expect_finite, upload_poses
from motiondata.lidar.cuda.casting import cast_frames, move_frames, shade_frames
from motiondata.lidar.cuda.device import Gpu, GpuEvent, gpu_errors_as_device_errors, numba_view
from motiondata.lidar.cuda.fields import HitArrays, Motion, Rays
from motiondata.lidar.cuda.scanner import BLOCK, LARGE_BLOCKS, LARGE_SHARE, STREAM, upload_rays
from motiondata.lidar.observer import Request
from motiondata.lidar.realism.joining import ShadedHits
from motiondata.lidar.realism.moving_scan import ANY_RANGE
from motiondata.lidar.realism.reflection import Shading
from motiondata.lidar.realism.rolling_shutter import Shutter
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor

FIRST_ROOM = 512
"""Memory for hits per frame of the first batch; later ones have what the last one needed."""

SPARE = 1.25
"""How much more memory a batch has than the last one needed."""

KEY_BYTES = 8
"""Bytes per ray of the window of a block."""


class Caster:
    """A sensor's fine rays, and the bodies, on an opened GPU."""

    def __init__(
        self, gpu: Gpu, sensor: Sensor, shutter: Shutter, room: float = FIRST_ROOM
    ) -> None:
        self._gpu, self._shutter = gpu, shutter
        self._limits = (sensor.min_range, sensor.max_range)
        with gpu.in_turn():
            self._rays = Rays(*map(numba_view, upload_rays(gpu, sensor)))
            self._windows = numba_view(_empty_windows(gpu, sensor.beams * sensor.columns))
        self._bodies = GpuBodies(gpu)
        self._room = room

    def observe(self, body: Body, requests: list[Request]) -> "Cast":
        """Queue all steps from poses to shaded hits."""
        with self._gpu.in_turn():
            on_gpu = self._bodies.of(body)
            limits = [np.tile(self._limits_of(each), (each.frames, 1)) for each in requests]
            motion = self._motion(on_gpu, requests)
            job = _Job(self, motion, on_gpu.faces, self._gpu.upload(np.concatenate(limits)))
            return Cast(job, job.queue(int(self._room * len(motion.seen))))

    def _limits_of(self, request: Request) -> tuple[float, float]:
        return self._limits if request.surroundings is None else ANY_RANGE

    def _motion(self, body: TorchBody, requests: list[Request]) -> Motion:
        """Pose the person at both ends of their sector of each turn, and move every vertex.

        Those without a sweep have one pose at both ends, so that a batch may have some of each.
        """
        gpu, turn = self._gpu, self._shutter.seconds_per_turn
        if turn == 0 or all(request.sweep is None for request in requests):
            posed = pose_frames(body.skin, upload_poses(gpu, requests))
            return Motion(posed, posed, posed, gpu.upload(np.zeros((len(posed), 2))))
        starts, ends = (
            pose_frames(body.skin, upload_poses(gpu, [_at_end(each, end) for each in requests]))
            for end in range(2)
        )
        times = np.concatenate([_times_of(request, turn) for request in requests])
        motion = Motion(starts, ends, torch.empty_like(starts), gpu.upload(times))
        move_frames[len(starts), BLOCK.threads, STREAM](Motion(*map(numba_view, motion)), turn)
        return motion

    def cast(self, motion: Motion, faces: Tensor, limits: Tensor, room: int) -> HitArrays:
        """Queue the kernels that find and shade up to `room` hits."""
        frames, hits = len(motion.seen), _empty_hits(self._gpu, len(motion.seen), max(1, room))
        views, seen = HitArrays(*map(numba_view, hits)), Motion(*map(numba_view, motion))
        cast_frames[min(frames, len(self._windows)), BLOCK.threads, STREAM](
            seen.seen, numba_view(faces), self._rays, numba_view(limits), self._windows, views
        )
        shade_frames[frames, BLOCK.threads, STREAM](seen, numba_view(faces), views)
        return HitArrays(*map(self._gpu.download, hits))

    def expect_room(self, per_frame: float) -> None:
        """Give later batches memory for as many hits per frame."""
        self._room = SPARE * per_frame

    @property
    def gpu(self) -> Gpu:
        """The GPU."""
        return self._gpu


@dataclass(frozen=True, eq=False)
class _Job:
    """What a batch casts, kept on the GPU until it is known that its hits had room."""

    caster: Caster
    motion: Motion
    faces: Tensor
    limits: Tensor

    def queue(self, room: int) -> "_Queued":
        hits = self.caster.cast(self.motion, self.faces, self.limits, room)
        return _Queued(hits, self.caster.gpu.mark())


@dataclass(frozen=True, eq=False)
class _Queued:
    hits: HitArrays
    mark: GpuEvent


class Cast:
    """The hits of a batch that is running or finished."""

    def __init__(self, job: _Job, queued: _Queued) -> None:
        self._job: _Job | None = job
        self._queued = queued

    def take(self, frames: slice) -> tuple[ShadedHits, NDArray[np.int64]]:
        """Wait for the batch; return the hits of some frames, and the hits before each.

        Powers are those of white faces: the cosine of incidence.
        """
        with gpu_errors_as_device_errors():
            hits = self._finished()
        counts, firsts = hits.counts[frames].numpy(), hits.firsts[frames].numpy()
        expect_finite(counts)
        offsets = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        places = np.arange(offsets[-1]) + np.repeat(firsts - offsets[:-1], counts)
        points, faces, beams, columns, ranges, shading = (
            tensor.numpy()[places] for tensor in hits[:6]
        )
        scan = Scan(points, faces, beams, columns, ranges)
        return ShadedHits(scan, Shading(*np.ascontiguousarray(shading.T))), offsets

    def _finished(self) -> HitArrays:
        """Wait, and cast again if there was not enough room."""
        self._queued.mark.wait()
        if self._job is not None:
            total, job = int(self._queued.hits.total[0]), self._job
            job.caster.expect_room(total / len(job.motion.seen))
            if total > len(self._queued.hits.ranges):
                with job.caster.gpu.in_turn():
                    self._queued = job.queue(total)
                self._queued.mark.wait()
            self._job = None
        return self._queued.hits


def _at_end(request: Request, end: int) -> Request:
    """Return the request at one end, 0 or 1, of the sector of each turn."""
    sweep = request.sweep
    if sweep is None:
        return request
    placed = sweep.T_sensor_world
    return replace(
        request,
        pose=sweep.pose[end],
        trans=sweep.trans[end],
        T_sensor_world=request.T_sensor_world if placed is None else placed[end],
    )


def _times_of(request: Request, turn: float) -> NDArray[np.float64]:
    """Return when both ends are seen, shaped (frames, 2); those of the whole turn without a sweep.

    Any two times would do: a vertex that is at one place at both ends stays there.
    """
    if request.sweep is None:
        return np.tile([-turn / 2, turn / 2], (request.frames, 1))
    return request.sweep.times.T


def _empty_windows(gpu: Gpu, rays: int) -> Tensor:
    """Return memory for the windows of as many blocks as the share of memory allows."""
    blocks = int(gpu.memory_bytes * LARGE_SHARE) // (rays * KEY_BYTES)
    return gpu.empty((max(1, min(LARGE_BLOCKS, blocks)), rays), torch.int64)


def _empty_hits(gpu: Gpu, frames: int, room: int) -> HitArrays:
    faces, beams, columns = (gpu.empty((room,), torch.int32) for _ in range(3))
    return HitArrays(
        points=gpu.empty((room, 3), torch.float32),
        faces=faces,
        beams=beams,
        columns=columns,
        ranges=gpu.empty((room,), torch.float32),
        shading=gpu.empty((room, 3), torch.float64),
        firsts=gpu.empty((frames,), torch.int64),
        counts=gpu.empty((frames,), torch.int32),
        total=torch.zeros(1, dtype=torch.int64, device=gpu.device),
    )
