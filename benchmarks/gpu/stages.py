"""Frames a second of each stage on a GPU, beside what the chip can do at most.

A stage's time is the clock's, from the first of several launches to the end of the last. What no
stage can be faster than is measured in the same run: a large copy for bytes, a large product for
arithmetic. Where both are far off, either the processor queues too slowly, or the steps of a block
wait for each other, as a launch of few frames tells: it is as fast a block.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import NamedTuple

import torch

from benchmarks.common.timing import Spread, spread
from benchmarks.gpu.workload import CLIP_FRAMES, Work
from motiondata.bodies.posing_torch import pose_frames
from motiondata.lidar.cuda.device import Gpu
from motiondata.lidar.observer import Pending

COPIED_BYTES = 2**30
"""Of the copy that tells the memory's rate."""

SIDE = 8192
"""Of the matrices whose product tells the rate of arithmetic in float32."""

NEAR = 0.5
"""The share of a limit from which it is what bounds a stage."""

BUSY = 0.9
"""The share of a stage's time from which the processor that queues it is what bounds it."""

BLOCKS = (1, 4)
"""Frames of a small launch, for each multiprocessor: 4 have room on an H200's at once."""


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    repeats: int = 7
    """How often each thing is measured, after a time that is not counted."""
    launches: int = 8
    """Launches of one measurement."""
    written_bytes: int = 2**30
    """Of the file that tells the disk's rate."""


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


class Timed(NamedTuple):
    """What a run took."""

    seconds: Spread
    queueing: float
    """The share of them in which the processor queued it, and nobody waited for the GPU."""


@dataclass(frozen=True)
class Figures:
    """What was measured of one setting."""

    setting: str
    hits: float
    """Of a frame, on average."""
    frames_per_second: dict[str, Spread]
    """By stage."""
    queueing: dict[str, float]
    """The share of a stage's time that the processor takes to queue it."""
    sampling_frames_per_second: float | None
    """Of sampling alone: what it adds to the scan. None where that is within the scan's spread."""
    share_of_memory: dict[str, float]
    """Bytes that a stage must move, over what a copy moves in its time."""
    share_of_arithmetic: float
    """Operations of posing, over what a large product does in its time."""
    launched_frames_per_second: dict[int, float]
    """Of scan and sampling, by the frames of a launch."""

    @property
    def bound(self) -> str:
        """What bounds posing and the scan."""
        posing = self._bound("pose", self.share_of_arithmetic)
        return f"posing by {posing}, scan and sampling by {self._bound('scan and sample', 0.0)}"

    def _bound(self, stage: str, share_of_arithmetic: float) -> str:
        if self.queueing[stage] >= BUSY:
            return "the processor that queues it"
        if share_of_arithmetic >= NEAR:
            return "arithmetic"
        return "memory" if self.share_of_memory[stage] >= NEAR else "steps that wait for each other"

    def describe(self) -> str:
        """Return the setting's lines of the table."""
        rates = ", ".join(
            f"{name} {rate.median:,.0f}" for name, rate in self.frames_per_second.items()
        )
        shares = ", ".join(f"{name} {share:.0%}" for name, share in self.share_of_memory.items())
        queueing = ", ".join(f"{name} {share:.0%}" for name, share in self.queueing.items())
        launches = ", ".join(
            f"{rate:,.0f} of {frames}" for frames, rate in self.launched_frames_per_second.items()
        )
        sampling = self.sampling_frames_per_second
        return (
            f"{self.setting}, {self.hits:.0f} hits, frames/s: {rates}, "
            f"sample {f'{sampling:,.0f}' if sampling else 'too short to be measured'}\n"
            f"    of the memory's rate: {shares}; of the arithmetic's: pose "
            f"{self.share_of_arithmetic:.0%}; bound: {self.bound}\n"
            f"    of its time the processor queues: {queueing}\n"
            f"    scan and sample by the frames of a launch: {launches}"
        )


def measure_limits(gpu: Gpu, effort: Effort) -> Limits:
    """Measure what nothing can be faster than."""
    size = min(COPIED_BYTES, gpu.memory_bytes // 8)
    source, copy = (gpu.empty((size,), torch.uint8).random_() for _ in range(2))
    side = SIDE if gpu.device.type == "cuda" else 256
    left, right = (torch.rand((side, side), device=gpu.device) for _ in range(2))
    copying = timed(gpu, lambda: copy.copy_(source), effort).seconds
    multiplying = timed(gpu, lambda: left @ right, effort).seconds
    return Limits(2 * size / copying.median, 2.0 * side**3 / multiplying.median)


def timed(gpu: Gpu, run: Callable[[], object], effort: Effort) -> Timed:
    """Time a launch; a run queues one, and so many runs follow each other."""
    run()
    seconds, queueing = [], []
    for _ in range(effort.repeats):
        gpu.mark().wait()
        start = time.perf_counter()
        for _ in range(effort.launches):
            run()
        queued = time.perf_counter()
        gpu.mark().wait()
        whole = time.perf_counter() - start
        seconds.append(whole / effort.launches)
        queueing.append((queued - start) / whole)
    return Timed(spread(seconds), median(queueing))


def measure_stages(work: Work, limits: Limits, multiprocessors: int, effort: Effort) -> Figures:
    """Measure the stages one by one, then together, then the observer with all that it copies."""
    vertices, points = pose_frames(work.skin, work.poses), work.setting.points
    stages: dict[str, Callable[[], object]] = {
        "pose": lambda: pose_frames(work.skin, work.poses),
        "scan": lambda: work.scan(vertices, 0),
        "scan and sample": lambda: work.scan(vertices, points),
        "together": lambda: work.scan(pose_frames(work.skin, work.poses), points),
    }
    times = {name: timed(work.gpu, run, effort) for name, run in stages.items()}
    seconds = {name: each.seconds for name, each in times.items()}
    once = replace(effort, launches=1)
    observed = timed(work.gpu, lambda: observe_clips(work, effort.launches), once).seconds
    seconds["observer"] = Spread(*(each / effort.launches for each in observed))
    pose, scan = seconds["pose"].median, seconds["scan and sample"].median
    copies = limits.copied_bytes_per_second
    return Figures(
        setting=work.setting.describe(),
        hits=work.scan(vertices, 0).hits.float().mean().item(),
        frames_per_second={name: _rate(work.frames, each) for name, each in seconds.items()},
        queueing={name: each.queueing for name, each in times.items()},
        sampling_frames_per_second=_rate_of_more(
            work.frames, seconds["scan"], seconds["scan and sample"]
        ),
        share_of_memory={
            "pose": work.frames * work.pose_bytes / pose / copies,
            "scan and sample": work.frames * work.scan_bytes / scan / copies,
        },
        share_of_arithmetic=(
            work.frames * work.pose_operations / pose / limits.product_operations_per_second
        ),
        launched_frames_per_second=_launched(work, vertices, multiprocessors, effort),
    )


def _rate(frames: int, seconds: Spread) -> Spread:
    return Spread(frames / seconds.median, frames / seconds.highest, frames / seconds.lowest)


def _rate_of_more(frames: int, less: Spread, more: Spread) -> float | None:
    """Return the rate of what one run does beyond another, if all its times are longer."""
    return frames / (more.median - less.median) if more.lowest > less.highest else None


def _launched(
    work: Work, vertices: torch.Tensor, multiprocessors: int, effort: Effort
) -> dict[int, float]:
    rates = {}
    for blocks in BLOCKS:
        some = vertices[: blocks * multiprocessors]
        scan = partial(work.scan, some, work.setting.points)
        seconds = timed(work.gpu, scan, effort).seconds
        rates[len(some)] = len(some) / seconds.median
    return rates


def observe_clips(work: Work, launches: int) -> None:
    """Observe as a build does: clip after clip of some launches, and some of them on the way."""
    begun = deque[Pending]()
    for clip in launches * work.clips:
        begun.append(work.observer.begin(work.request(clip)))
        if len(begun) * CLIP_FRAMES > work.observer.lookahead_frames:
            begun.popleft()()
    while begun:
        begun.popleft()()
