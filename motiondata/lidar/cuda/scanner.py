"""Launch the kernels; the sensor's rays and the memory of the blocks stay on the GPU.

Every batch has two launches. The first uses shared memory, which is enough for a body several
meters away. The second uses a limited number of blocks in global memory for the frames that did not
fit, because the body is close or the sensor has many rays.
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
    """The size of a block of the first launch."""

    threads: int
    cells: int
    """The capacity of the window, in rays of 8 bytes each."""
    room: int
    """The capacity for hits, 20 bytes each."""

    @property
    def shared_bytes(self) -> int:
        """The dynamic shared memory of a block, in bytes."""
        return 8 * self.cells + 20 * self.room


BLOCK = BlockSize(threads=4 if SIMULATED else THREADS, cells=3072, room=1024)
"""The default block size: with the kernel's 4 kB of static memory, it uses exactly the 48 kB of
shared memory that a block has by default.

It is enough for an adult at 8 m and a sensor with 128 beams of 2,048 columns. The simulator runs
every GPU thread as a Python thread.
"""

LARGE_SHARE = 1 / 64
"""The share of the GPU's memory for the blocks of the second launch."""

LARGE_BLOCKS = 512
"""The maximum number of blocks of the second launch."""

STREAM = 0
"""The default stream, which PyTorch also uses within `Gpu.in_turn`."""

RAY_BYTES = 8 + 4 * 4 + 4
"""Bytes per ray of a block of the second launch: a key, a hit with its gap, and a face."""


class FrameScanner:
    """Scans and samples posed frames with one sensor."""

    def __init__(self, gpu: Gpu, sensor: Sensor, block: BlockSize = BLOCK) -> None:
        self._gpu = gpu
        self._block = block
        self._rays = Rays(*map(numba_view, upload_rays(gpu, sensor)))
        rays = sensor.beams * sensor.columns
        fitting = int(gpu.memory_bytes * LARGE_SHARE) // (rays * RAY_BYTES)
        blocks = max(1, min(LARGE_BLOCKS, fitting))
        self._large = LargeMemory(
            windows=numba_view(gpu.empty((blocks, rays), torch.int64)),
            clouds=numba_view(gpu.empty((blocks, 4, rays), torch.float32)),
            faces=numba_view(gpu.empty((blocks, rays), torch.int32)),
        )

    def scan(self, mesh: Mesh, noise: Noise, kept: int) -> SampleArrays:
        """Queue a scan that keeps `kept` points per frame; 0 only counts the hits."""
        frames = len(mesh.vertices)
        seen = SampleArrays(
            points=self._gpu.empty((frames, max(1, kept), 3), torch.float32),
            hits=self._gpu.empty((frames,), torch.int32),
            parts=self._gpu.empty((frames, max(1, kept)), torch.uint8),
        )
        views = (Mesh(*map(numba_view, mesh)), Noise(*map(numba_view, noise)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumbaPerformanceWarning)  # raised for few frames
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


def upload_rays(gpu: Gpu, sensor: Sensor) -> Rays:
    """Queue a copy of the rays of a sensor to the GPU."""
    order = np.argsort(sensor.elevation, kind="stable")
    return Rays(
        directions=gpu.upload(ray_directions(sensor)),
        tangents=gpu.upload(np.tan(sensor.elevation[order]).astype(np.float32)),
        beams=gpu.upload(order.astype(np.int32)),
        offsets=gpu.upload(sensor.azimuth_offset.astype(np.float32)),
        limits=gpu.upload(np.array([sensor.min_range, sensor.max_range])),
    )
