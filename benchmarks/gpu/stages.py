"""Measure frames per second of each stage on a GPU, compared with the limits of the chip.

The time of a stage is wall-clock time from the first of several launches to the end of the last.
The limits are measured in the same run: a large copy for memory bandwidth, a large matrix product
for arithmetic. If a stage is far from both limits, either the CPU queues work too slowly, or the
steps of a block wait for each other. A launch of few frames shows the second case: each block takes
as long as in a large launch.
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
"""Size of the copy that measures memory bandwidth."""

SIDE = 8192
"""Side length of the matrices whose product measures float32 arithmetic."""

NEAR = 0.5
"""Share of a limit at which that limit bounds a stage."""

BUSY = 0.9
"""Share of a stage's time spent on queueing at which the CPU bounds the stage."""

BLOCKS = (1, 4)
"""Frames per multiprocessor of small launches; 4 fit on one of an H200 at the same time."""


@dataclass(frozen=True)
class Effort:
    """The size of a measurement."""

    repeats: int = 7
    """Number of measurements of each stage, after one untimed launch."""
    launches: int = 8
    """Launches per measurement."""
    written_bytes: int = 2**30
    """Size of the file that measures the disk's write rate."""


@dataclass(frozen=True)
class Limits:
    """The measured limits of the chip."""

    copied_bytes_per_second: float
    """Bytes per second of a copy, counting reads and writes."""
    product_operations_per_second: float
    """Operations per second of a matrix product in float32."""

    def describe(self) -> str:
        """Return the limits as one line of text."""
        return (
            f"a copy moves {self.copied_bytes_per_second / 1e9:.0f} GB/s; a product in float32 "
            f"does {self.product_operations_per_second / 1e12:.1f} TFLOP/s"
        )


class Timed(NamedTuple):
    """The time of a run."""

    seconds: Spread
    queueing: float
    """The share of the time in which the CPU queued work, before it waited for the GPU."""


@dataclass(frozen=True)
class Figures:
    """The measurements of one setting."""

    setting: str
    hits: float
    """Mean number of hits per frame."""
    frames_per_second: dict[str, Spread]
    """Frames per second by stage."""
    queueing: dict[str, float]
    """The share of each stage's time in which the CPU queues it."""
    sampling_frames_per_second: float | None
    """Frames per second of sampling alone, from the time that it adds to the scan; None if that is
    within the scan's spread."""
    share_of_memory: dict[str, float]
    """Bytes that a stage must move, relative to the bytes that a copy moves in the same time."""
    share_of_arithmetic: float
    """Operations of posing, relative to those of a large matrix product in the same time."""
    launched_frames_per_second: dict[int, float]
    """Frames per second of scan and sampling, by the number of frames per launch."""

    @property
    def bound(self) -> str:
        """The limiting factors of posing and scanning."""
        posing = self._bound("pose", self.share_of_arithmetic)
        return f"posing by {posing}, scan and sampling by {self._bound('scan and sample', 0.0)}"

    def _bound(self, stage: str, share_of_arithmetic: float) -> str:
        if self.queueing[stage] >= BUSY:
            return "the processor that queues it"
        if share_of_arithmetic >= NEAR:
            return "arithmetic"
        return "memory" if self.share_of_memory[stage] >= NEAR else "steps that wait for each other"

    def describe(self) -> str:
        """Return the lines to print for the setting."""
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
    """Measure the limits of the chip."""
    size = min(COPIED_BYTES, gpu.memory_bytes // 8)
    source, copy = (gpu.empty((size,), torch.uint8).random_() for _ in range(2))
    side = SIDE if gpu.device.type == "cuda" else 256
    left, right = (torch.rand((side, side), device=gpu.device) for _ in range(2))
    copying = timed(gpu, lambda: copy.copy_(source), effort).seconds
    multiplying = timed(gpu, lambda: left @ right, effort).seconds
    return Limits(2 * size / copying.median, 2.0 * side**3 / multiplying.median)


def timed(gpu: Gpu, run: Callable[[], object], effort: Effort) -> Timed:
    """Time one launch; `run` queues one, and each measurement queues `effort.launches`."""
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
    """Measure the stages separately, then together, then the observer with all its copies."""
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
    """Return the rate of the additional work of a run, if all its times are longer; else None."""
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
    """Observe as a build does: clip by clip for several launches, with some clips in flight."""
    begun = deque[Pending]()
    for clip in launches * work.clips:
        begun.append(work.observer.begin(work.request(clip)))
        if len(begun) * CLIP_FRAMES > work.observer.lookahead_frames:
            begun.popleft()()
    while begun:
        begun.popleft()()
