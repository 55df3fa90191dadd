"""Model how builds scale to a thousand workers, and print the tables of docs/cluster.md.

The real planner fills the shards, and each free worker takes the next shard, as with the real
scheduler; only the work itself is omitted. Run `python -m benchmarks.scale.cluster_model [INDEX]`
from the project's root. Clip lengths are approximately those of HumanML3D, or those of an index.
"""

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from motiondata.sources.humanml3d.index import read_index
from pipelines.clips.options import PackingOptions
from pipelines.clips.pack_shards import cut_evenly
from pipelines.engine.text_tables import markdown_table
from pipelines.products.lidar.sample import frame_bytes, sample_bytes

FRAMES_PER_SECOND = 2000.0
"""Approximate rate of one worker: HumanML3D in a quarter of an hour on one core."""
SHARD_SECONDS = 0.3
"""Fixed cost per shard: receiving the job, flushing the file to disk, and writing the receipt."""
STARTING_SECONDS = 10.0
"""Startup cost per worker: its process, its imports, and its kernels."""

HUMANML3D_ROWS = 13_425
"""Number of HumanML3D's rows without HumanAct12's."""
SHORTEST, LONGEST = 40, 200
"""Frame limits of HumanML3D's clips: 2 to 10 seconds at 20 fps. Source: Guo et al., CVPR 2022."""
LONGEST_SHARE = 0.275
"""Share of clips with the maximum length; the lengths of the others are evenly distributed, so that
the mean is HumanML3D's 7.1 s (same source)."""

ROWS = (HUMANML3D_ROWS, 1_000_000)
QUICK_ROWS = (1_000,)
SHARD_MEGABYTES = (16, 32, 64, 128, 160, 256)
WORKERS = (1, 8, 64, 256, 1000)


@click.command()
@click.argument(
    "index", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@click.option("--quick", is_flag=True, help="Few rows: does everything run?")
def main(index: Path | None, quick: bool) -> None:
    """Print a table for each number of rows, of clips as long as those of INDEX."""
    known = usual_lengths() if index is None else lengths_of(index)
    for rows in QUICK_ROWS if quick else ROWS:
        print(*_scaling_table(np.random.default_rng(0).choice(known, rows)), "", sep="\n")


def lengths_of(index: Path) -> NDArray[np.int64]:
    """Return the lengths of an index's clips, in frames."""
    rows = (row for row in read_index(index) if not row.is_humanact12)
    return np.array([row.end_frame - row.start_frame for row in rows])


def usual_lengths() -> NDArray[np.int64]:
    """Return clip lengths in frames, with approximately HumanML3D's distribution."""
    even = np.linspace(0, 1, 10_000)
    below = np.minimum(even / (1 - LONGEST_SHARE), 1)
    lengths: NDArray[np.int64] = np.rint(SHORTEST + below * (LONGEST - SHORTEST)).astype(np.int64)
    return lengths


def _scaling_table(lengths: NDArray[np.int64]) -> Iterator[str]:
    """Yield a Markdown table of build time over ideal time, by shard size and workers."""
    sizes = lengths * frame_bytes(384) + sample_bytes()
    hours = lengths.sum() / FRAMES_PER_SECOND / 3600
    yield f"{len(lengths):,} rows, {lengths.sum():,} frames, {hours:,.1f} h of one core"
    yield ""
    titles = ["shards of", "shards", *(f"{workers:,}" for workers in WORKERS)]
    rows = [_scaling_row(lengths, sizes, megabytes) for megabytes in SHARD_MEGABYTES]
    yield from markdown_table(titles, rows)


def _scaling_row(lengths: NDArray[np.int64], sizes: NDArray[np.int64], megabytes: int) -> list[str]:
    packing = PackingOptions(megabytes)
    seconds = [_seconds(lengths[clips]) for clips in cut_evenly(sizes, packing)]
    ideal = lengths.sum() / FRAMES_PER_SECOND
    times = (makespan(seconds, workers) * workers / ideal for workers in WORKERS)
    return [f"{megabytes} MB", f"{len(seconds):,}", *(f"{ratio:,.2f}" for ratio in times)]


def _seconds(lengths: NDArray[np.int64]) -> float:
    return SHARD_SECONDS + float(lengths.sum()) / FRAMES_PER_SECOND


def makespan(seconds: Sequence[float], workers: int) -> float:
    """Return the total time of jobs if each free worker takes the next one in order."""
    free = [STARTING_SECONDS] * workers
    for job in seconds:
        heapq.heapreplace(free, free[0] + job)
    return max(free)


if __name__ == "__main__":
    main()
