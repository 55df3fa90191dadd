"""Measure the size and the speed of points that are stored as float32, float16 and int16.

Run `OMP_NUM_THREADS=1 python -m benchmarks.loading.stored FOLDER`. Figures are of processor time of
one process: encoding of clips as a build does it, and epochs of views. `--quick` reads little data.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import click
import numpy as np

from benchmarks.loading.data import POINTS, Extent, clip_lengths
from shards import open_dataset
from shards.format.stored_types import FLOAT32, STORED
from shards.format.writing import encode_sample
from tests.support.clip_dataset import clips_schema, make_clips

WHOLE, QUICK = Extent(128, 4, 0, 0), Extent(8, 2, 0, 0)
FRAMES = 120
"""Frames of the clip that is encoded."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="Little data, read once: does everything run?")
@click.option("--rounds", default=7, show_default=True, help="Number of measurements.")
def main(folder: Path, quick: bool, rounds: int) -> None:
    """Measure each type in turns, and print the table."""
    extent = QUICK if quick else WHOLE
    runs = {store: _runs(folder / store, extent, store) for store in (FLOAT32, *STORED)}
    measured: dict[str, list[list[float]]] = {
        store: [[] for _ in stages] for store, stages in runs.items()
    }
    for _ in range(1 if quick else rounds):
        for store, stages in runs.items():
            for rates, stage in zip(measured[store], stages, strict=True):
                rates.append(_rate(stage))
    print("frames/s of processor time, median (lowest to highest)")
    for store, all_rates in measured.items():
        size = sum(path.stat().st_size for path in (folder / store / "train").iterdir())
        columns = "".join(
            f"{median(rates):>12,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
            for rates in all_rates
        )
        print(f"{store:8}{size / 1e6:8.1f} MB{columns}")


def _rate(stage: Callable[[], int]) -> float:
    """Return the frames per second of processor time of a stage."""
    start = time.process_time()
    return stage() / (time.process_time() - start)


def _runs(folder: Path, extent: Extent, store: str) -> list[Callable[[], int]]:
    """Return what is measured: encoding, an epoch of clips, an epoch of frames."""
    stored = None if store == FLOAT32 else store
    if not folder.exists():
        lengths = clip_lengths(extent.clips, extent.shards)
        make_clips(folder, {"train": lengths}, POINTS, stored)
    data, schema = open_dataset(folder), clips_schema(POINTS, stored)
    points = np.random.default_rng(0).normal(0, 1, (FRAMES, POINTS, 3)).astype(np.float32)
    values = {
        "points.npy": points,
        "hits.npy": np.full(FRAMES, POINTS, np.int32),
        "json": {},
        "txt": "",
    }
    views = (
        data.clips("train", ["points"], 16, shuffle=True),
        data.frames("train", "points", 256, shuffle=True),
    )

    def encode() -> int:
        encode_sample(schema, "clip", values)
        return FRAMES

    def epoch(number: int) -> Callable[[], int]:
        def read() -> int:
            for _ in views[number]:
                pass
            return int(data.manifest["frames"].sum())

        return read

    return [encode, epoch(0), epoch(1)]


if __name__ == "__main__":
    main()
