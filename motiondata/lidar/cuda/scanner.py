"""Launching the kernels: the sensor's rays and the memory of the blocks are kept on the GPU.

Two launches for some frames: the first in shared memory, which fits a body some metres away; the
second, a few blocks in global memory, takes the frames that did not fit, close up or dense.
"""

import warnings
from typing import NamedTuple

import numpy as np
import torch
from numba.cuda.core.errors import NumbaPerformanceWarning

from motiondata.lidar.cuda.device import Gpu, numba_view
from motiondata.lidar.cuda.fields import LargeMemory, Mesh, Noise, Rays, SampleArrays
from motiondata.lidar.cuda.jit import SIMULATED
from motiondata.lidar.cuda.kernels import THREADS, observe_frames, observe_large_frames
from motiondata.lidar.sensor import Sensor, ray_directions


class BlockSize(NamedTuple):
    """What a block of the first launch has."""

    threads: int
    cells: int
    """Rays of its window, 8 bytes each."""
    room: int
    """Hits that it has room for, 20 bytes each."""

    @property
    def shared_bytes(self) -> int:
        """Return the shared memory that it is launched with."""
        return 8 * self.cells + 20 * self.room


BLOCK = BlockSize(threads=4 if SIMULATED else THREADS, cells=3072, room=1024)
"""With the kernel's own 4 kB just the 48 kB that a block may have without asking for more.

Enough for an adult 8 m away, before 128 beams of 2,048 columns. The simulator runs every thread as
one of Python's.
"""

LARGE_SHARE = 1 / 64
"""Of the GPU's memory, for the blocks of the second launch."""

LARGE_BLOCKS = 512
"""Blocks of the second launch at the most."""

STREAM = 0
"""The default one, which PyTorch is on as well, where `Gpu.in_turn` sees to it."""

RAY_BYTES = 8 + 4 * 4 + 4
"""Of a block of the second launch: a key, a hit and its gap, a face."""


class FrameScanner:
    """Scans and samples posed frames before one sensor."""

    def __init__(self, gpu: Gpu, sensor: Sensor, block: BlockSize = BLOCK) -> None:
        self._gpu = gpu
        self._block = block
        self._rays = Rays(*map(numba_view, _upload_rays(gpu, sensor)))
        rays = sensor.beams * sensor.columns
        fitting = int(gpu.memory_bytes * LARGE_SHARE) // (rays * RAY_BYTES)
        blocks = max(1, min(LARGE_BLOCKS, fitting))
        self._large = LargeMemory(
            windows=numba_view(gpu.empty((blocks, rays), torch.int64)),
            clouds=numba_view(gpu.empty((blocks, 4, rays), torch.float32)),
            faces=numba_view(gpu.empty((blocks, rays), torch.int32)),
        )

    def scan(self, mesh: Mesh, noise: Noise, kept: int) -> SampleArrays:
        """Queue a scan that keeps so many points of each frame; 0 only counts the hits."""
        frames = len(mesh.vertices)
        seen = SampleArrays(
            points=self._gpu.empty((frames, max(1, kept), 3), torch.float32),
            hits=self._gpu.empty((frames,), torch.int32),
            parts=self._gpu.empty((frames, max(1, kept)), torch.uint8),
        )
        views = (Mesh(*map(numba_view, mesh)), Noise(*map(numba_view, noise)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumbaPerformanceWarning)  # few frames leave a GPU idle
            self._launch(*views, kept, SampleArrays(*map(numba_view, seen)))
        return seen

    def _launch(self, mesh: Mesh, noise: Noise, kept: int, seen: SampleArrays) -> None:
        block, frames = self._block, len(mesh.vertices)
        observe_frames[frames, block.threads, STREAM, block.shared_bytes](
            mesh, self._rays, noise, kept, block.cells, block.room, seen
        )
        large_blocks = min(frames, len(self._large.windows))
        observe_large_frames[large_blocks, block.threads, STREAM](
            mesh, self._rays, noise, kept, self._large, seen
        )


def _upload_rays(gpu: Gpu, sensor: Sensor) -> Rays:
    order = np.argsort(sensor.elevation, kind="stable")
    return Rays(
        directions=gpu.upload(ray_directions(sensor)),
        tangents=gpu.upload(np.tan(sensor.elevation[order]).astype(np.float32)),
        beams=gpu.upload(order.astype(np.int32)),
        offsets=gpu.upload(sensor.azimuth_offset.astype(np.float32)),
        limits=gpu.upload(np.array([sensor.min_range, sensor.max_range])),
    )
