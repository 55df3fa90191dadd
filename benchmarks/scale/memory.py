"""Measure the peak memory of a build's worker and driver, for corpora of increasing size.

Run `python -m benchmarks.scale.memory`. A worker's peak must not grow with the number of clips or
shards. Each build runs in a separate process, because the system records one peak per process.
"""

import multiprocessing
import resource
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import click

from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions
from tests.support.lidar_options import lidar_options

TIMES = (1, 4, 16)
QUICK_CLIPS, QUICK_TIMES = 4, (1, 2)


class Peaks(NamedTuple):
    """Peak resident memory, in 10^6 bytes."""

    driver: float
    worker: float


def measure_peaks(options: LidarBuildOptions, out: Path) -> Peaks:
    """Build a dataset in a new process; return its peak memory and its worker's."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_build, args=(options, out, theirs))
    process.start()
    theirs.close()
    peaks: Peaks = ours.recv()
    process.join()
    ours.close()
    return peaks


def _build(options: LidarBuildOptions, out: Path, connection: Connection) -> None:
    build_lidar(options, out, Execution(workers=0))
    connection.send(Peaks(_peak(resource.RUSAGE_SELF), _peak(resource.RUSAGE_CHILDREN)))


def _peak(of: int) -> float:
    return resource.getrusage(of).ru_maxrss * 1024 / 1e6


@click.command()
@click.option("--clips", default=20, show_default=True, help="Of the smallest corpus.")
@click.option("--quick", is_flag=True, help="Two small builds: does everything run?")
def main(clips: int, quick: bool) -> None:
    """Print the peaks of builds of some clips, of four times and of sixteen times as many."""
    clips = QUICK_CLIPS if quick else clips
    for times in QUICK_TIMES if quick else TIMES:
        with tempfile.TemporaryDirectory() as name:
            corpus, out = Path(name) / "corpus", Path(name) / "lidar"
            report = synthesize(corpus, clips * times, seed=0)
            options = lidar_options(corpus / "index.csv", corpus / "amass", shard_megabytes=4)
            peaks = measure_peaks(options, out)
            shards = len(list(out.glob("*/*.tar")))
            click.echo(
                f"{report.clips:5,} clips, {report.frames:7,} frames, {shards:3} shards: "
                f"worker {peaks.worker:,.0f} MB, driver {peaks.driver:,.0f} MB"
            )


if __name__ == "__main__":
    main()
