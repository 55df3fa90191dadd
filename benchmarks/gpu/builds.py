"""Measure whole builds on a GPU, from recordings to shards, by one or several processes at once.

Each process builds a separate dataset of the same synthetic corpus, on its share of the cores and
on the shared GPU, as workers on a cluster do. This shows at which number of processes the speed
stops growing, and whether the CPU, the disk or the GPU is the limit.
"""

import json
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree

from benchmarks.common.processes import Share, Used, Work, cores, run_apart
from tests.support.lidar_options import lidar_options


@dataclass(frozen=True)
class Builds:
    """A number of simultaneous builds."""

    device: str
    processes: int
    clips: int
    """Number of clips that each process builds."""


@dataclass(frozen=True)
class Built:
    """The result of simultaneous builds."""

    device: str
    processes: int
    frames: int
    seconds: float
    """From when all processes are ready to the end of the last build, including opening the GPU."""
    frames_per_second: float
    share_of_cores: float
    """Processor time over wall-clock time, per process."""
    share_of_disk: float
    """Bytes written, relative to the bytes that the disk can write in the same time."""
    peak_megabytes: float
    """Peak memory of the largest process, in 10^6 bytes."""

    def describe(self) -> str:
        """Return the result as one line of the table."""
        return (
            f"build, {self.device}, {self.processes} at once: {self.frames:,} frames in "
            f"{self.seconds:.1f} s: {self.frames_per_second:,.0f}/s; "
            f"{self.share_of_cores:.0%} of a core each, {self.share_of_disk:.0%} of the disk's "
            f"rate, {self.peak_megabytes:,.0f} MB"
        )


def measure_builds(builds: Builds, corpus: Path, scratch: Path, disk: float) -> Built:
    """Build a corpus below the folder `scratch`; `disk` is its write rate in bytes per second."""
    available = cores(os.cpu_count() or 1)
    shares = [
        Share(
            partial(_prepare, builds, corpus, scratch / str(number)),
            frozenset(available[number % len(available) :: builds.processes]),
        )
        for number in range(builds.processes)
    ]
    used = run_apart(shares)
    for number in range(builds.processes):
        rmtree(scratch / str(number))
    return _built(builds, used, disk)


def _built(builds: Builds, used: Used, disk: float) -> Built:
    frames, size = (sum(figures) for figures in zip(*used.answers, strict=True))
    return Built(
        device=builds.device,
        processes=builds.processes,
        frames=frames,
        seconds=used.wall,
        frames_per_second=frames / used.wall,
        share_of_cores=used.cpu / used.wall / builds.processes,
        share_of_disk=size / used.wall / disk,
        peak_megabytes=used.peak_megabytes,
    )


def _prepare(builds: Builds, corpus: Path, out: Path) -> Work:
    from pipelines.engine.execution import Execution
    from pipelines.products.lidar.build import build_lidar

    options = lidar_options(
        corpus / "index.csv", corpus / "amass", device=builds.device, limit=builds.clips
    )

    def build() -> tuple[int, int]:
        build_lidar(options, out, Execution(workers=0))
        return frames_and_bytes(out)

    return build


def frames_and_bytes(out: Path) -> tuple[int, int]:
    """Return the number of frames and of shard bytes of a dataset."""
    shards = json.loads((out / "dataset.json").read_text())["shards"]
    return sum(shard["frames"] for shard in shards), sum(shard["bytes"] for shard in shards)


def disk_bytes_per_second(folder: Path, size: int) -> float:
    """Return the rate of writing a file of `size` bytes, including the flush to disk."""
    path, block = folder / "written", os.urandom(2**24)
    start = time.perf_counter()
    with path.open("wb") as file:
        for _ in range(size // len(block)):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - start
    path.unlink()
    return size / seconds
