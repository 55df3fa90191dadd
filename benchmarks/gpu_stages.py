"""Frames a second of each stage on a GPU, beside what the chip can do at most.

A stage's time is the clock's, from the first of several launches to the end of the last. What no
stage can be faster than is measured in the same run: a large copy for bytes, a large product for
arithmetic. Where both are far off, a launch of few frames tells whether blocks wait for themselves.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from benchmarks.gpu_work import Work
from benchmarks.timing import Spread, spread
from motiondata.bodies.posing_torch import pose_frames
from motiondata.lidar.cuda.device import Gpu
from motiondata.lidar.observing import RangeNoise

REPEATS = 7
"""How often each thing is measured, after a time that is not counted."""

LAUNCHES = 8
"""Launches of one measurement."""

COPIED_BYTES = 2**30
"""Of the copy that tells the memory's rate."""

SIDE = 8192
"""Of the matrices whose product tells the rate of arithmetic in float32."""

NEAR = 0.5
"""The share of a limit from which it is what bounds a stage."""

BLOCKS = (1, 4)
"""Frames of a small launch, for each multiprocessor: 4 have room on an H200's at once."""


@dataclass(frozen=True)
class Limits:
    """What the chip can do at most, as measured."""

    copied_bytes_per_second: float
    """Read and written."""
    product_operations_per_second: float
    """In float32."""

    def describe(self) -> str:
        """Return a line."""
        return (
            f"a copy moves {self.copied_bytes_per_second / 1e9:.0f} GB/s; a product in float32 "
            f"does {self.product_operations_per_second / 1e12:.1f} TFLOP/s"
        )


@dataclass(frozen=True)
class Figures:
    """What was measured of one setting."""

    setting: str
    hits: float
    """Of a frame, on average."""
    frames_per_second: dict[str, Spread]
    """By stage."""
    sampling_frames_per_second: float
    """Of sampling alone: what it adds to the scan."""
    share_of_memory: dict[str, float]
    """Bytes that a stage must move, over what a copy moves in its time."""
    share_of_arithmetic: float
    """Operations of posing, over what a large product does in its time."""
    launched_frames_per_second: dict[int, float]
    """Of scan and sampling, by the frames of a launch."""

    @property
    def bound(self) -> str:
        """What bounds posing and the scan."""
        arithmetic = self.share_of_arithmetic >= NEAR
        posing = "arithmetic" if arithmetic else _memory_or_steps(self.share_of_memory["pose"])
        scan = _memory_or_steps(self.share_of_memory["scan and sample"])
        return f"posing by {posing}, scan and sampling by {scan}"

    def describe(self) -> str:
        """Return the setting's lines of the table."""
        rates = ", ".join(
            f"{name} {rate.median:,.0f}" for name, rate in self.frames_per_second.items()
        )
        shares = ", ".join(f"{name} {share:.0%}" for name, share in self.share_of_memory.items())
        launches = ", ".join(
            f"{rate:,.0f} of {frames}" for frames, rate in self.launched_frames_per_second.items()
        )
        return (
            f"{self.setting}, {self.hits:.0f} hits, frames/s: {rates}, "
            f"sample {self.sampling_frames_per_second:,.0f}\n"
            f"    of the memory's rate: {shares}; of the arithmetic's: pose "
            f"{self.share_of_arithmetic:.0%}; bound: {self.bound}\n"
            f"    scan and sample by the frames of a launch: {launches}"
        )


def _memory_or_steps(share_of_memory: float) -> str:
    return "memory" if share_of_memory >= NEAR else "neither limit (a block's chain of steps)"


def measure_limits(gpu: Gpu) -> Limits:
    """Measure what nothing can be faster than."""
    size = min(COPIED_BYTES, gpu.memory_bytes // 8)
    source, copy = (gpu.empty((size,), torch.uint8).random_() for _ in range(2))
    side = SIDE if gpu.device.type == "cuda" else 256
    left, right = (torch.rand((side, side), device=gpu.device) for _ in range(2))
    copying = seconds_of(gpu, lambda: copy.copy_(source))
    multiplying = seconds_of(gpu, lambda: left @ right)
    return Limits(2 * size / copying.median, 2.0 * side**3 / multiplying.median)


def seconds_of(gpu: Gpu, run: Callable[[], object], times: int = LAUNCHES) -> Spread:
    """Return the seconds of a run, of which several are queued at once."""
    run()
    seconds = []
    for _ in range(REPEATS):
        gpu.mark().wait()
        start = time.perf_counter()
        for _ in range(times):
            run()
        gpu.mark().wait()
        seconds.append((time.perf_counter() - start) / times)
    return spread(seconds)


def measure_stages(work: Work, limits: Limits, multiprocessors: int) -> Figures:
    """Measure the stages one by one, then together, then the observer with all that it copies."""
    vertices, points = pose_frames(work.skin, work.poses), work.setting.points
    stages: dict[str, Callable[[], object]] = {
        "pose": lambda: pose_frames(work.skin, work.poses),
        "scan": lambda: work.scan(vertices, 0),
        "scan and sample": lambda: work.scan(vertices, points),
        "together": lambda: work.scan(pose_frames(work.skin, work.poses), points),
    }
    seconds = {name: seconds_of(work.gpu, run) for name, run in stages.items()}
    observed = seconds_of(work.gpu, lambda: observe_clips(work), times=1)
    seconds["observer"] = Spread(*(each / LAUNCHES for each in observed))
    pose, scan = seconds["pose"].median, seconds["scan and sample"].median
    copies = limits.copied_bytes_per_second
    return Figures(
        setting=work.setting.describe(),
        hits=work.scan(vertices, 0).hits.float().mean().item(),
        frames_per_second={name: _rate(work.frames, each) for name, each in seconds.items()},
        sampling_frames_per_second=work.frames / max(1e-9, scan - seconds["scan"].median),
        share_of_memory={
            "pose": work.frames * work.pose_bytes / pose / copies,
            "scan and sample": work.frames * work.scan_bytes / scan / copies,
        },
        share_of_arithmetic=(
            work.frames * work.pose_operations / pose / limits.product_operations_per_second
        ),
        launched_frames_per_second=_launched(work, vertices, multiprocessors),
    )


def _rate(frames: int, seconds: Spread) -> Spread:
    return Spread(frames / seconds.median, frames / seconds.highest, frames / seconds.lowest)


def _launched(work: Work, vertices: torch.Tensor, multiprocessors: int) -> dict[int, float]:
    rates = {}
    for blocks in BLOCKS:
        some = vertices[: blocks * multiprocessors]
        seconds = seconds_of(work.gpu, partial(work.scan, some, work.setting.points))
        rates[len(some)] = len(some) / seconds.median
    return rates


def observe_clips(work: Work) -> None:
    """Observe as a build does: clip after clip, some of them on the way."""
    exact = RangeNoise(0.0, 0, "none")
    begun = [
        work.observer.begin(
            work.shaped, work.pose[clip], work.trans[clip], work.world_to_sensor, exact
        )
        for _ in range(LAUNCHES)
        for clip in work.clips
    ]
    for finish in begun:
        finish()
