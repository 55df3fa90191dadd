"""Measure clips, frames and windows per second, compared with webdataset, `.npy` files and litData.

Run `OMP_NUM_THREADS=1 python -m benchmarks.loading.measure FOLDER` from the project's root; FOLDER
keeps the generated data. litData has a row if it is installed. Readers take turns, so that other
load on the machine slows all of them. Ratios are those of the medians. `--quick` generates little
data and reads it once, to check that everything runs.
"""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import click
import numpy as np

from benchmarks.loading import data
from benchmarks.loading.data import Extent, make_all, make_huge
from benchmarks.loading.peers import BATCHES, READERS
from motiondata.errors import InputError
from shards import open_dataset


@dataclass(frozen=True)
class Size:
    """The size of a measurement."""

    extent: Extent
    seconds: float
    """Seconds per measurement of a reader."""
    rounds: int
    workers: tuple[int, ...]


WHOLE = Size(data.WHOLE, 1.0, 3, (0, 1, 2))
QUICK = Size(data.QUICK, 0.01, 1, (0, 1))


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="Little data, read once: does everything run?")
def main(folder: Path, quick: bool) -> None:
    """Measure how fast made clips are read, and print the tables; FOLDER keeps the data."""
    size = QUICK if quick else WHOLE
    try:
        make_all(folder, size.extent)
    except InputError as error:
        raise click.ClickException(str(error)) from error
    print(f"items/s, median of {size.rounds} rounds (lowest to highest), and ours as a multiple")
    for workers in size.workers:
        for what in BATCHES:
            _print_rates(folder, what, workers, size)
    for what in BATCHES:
        _print_rates(folder, what, 0, size, cold=True)
    _print_distinct(folder)
    _print_resume(folder, size)


def _print_rates(folder: Path, what: str, workers: int, size: Size, cold: bool = False) -> None:
    rates: dict[str, list[float]] = {name: [] for name in READERS}
    for _ in range(size.rounds):
        for name, reader in READERS.items():
            if cold:
                _forget(folder)
            rates[name].append(_rate(reader(folder, what, workers), size.seconds))
    print(f"\n{what}, {'cold' if cold else 'warm'}, {workers or 'no'} workers")
    base = median(rates["shards"])
    for name, values in rates.items():
        spread = f"({min(values):,.0f} to {max(values):,.0f})"
        print(f"  {name:12}{median(values):12,.0f} {spread:28}{base / median(values):8.1f}")


def _rate(batches: Iterable[Any], seconds: float) -> float:
    """Return the items per second of a reader over repeated epochs, from its second batch on."""
    iterator = iter(batches)
    next(iterator)
    items, start = 0, time.perf_counter()
    while not items or time.perf_counter() - start < seconds:
        batch = next(iterator, None)
        if batch is None:
            iterator = iter(batches)
            continue
        items += len(batch["points"] if isinstance(batch, dict) else batch)
    return items / (time.perf_counter() - start)


def _forget(folder: Path) -> None:
    """Drop the data from the page cache."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def _print_distinct(folder: Path) -> None:
    print("\ndistinct clips in a batch of 256 frames (a clip's points begin with its number)")
    for name, reader in READERS.items():
        counts = []
        for number, batch in enumerate(reader(folder, "frames", 0)):
            points = np.asarray(batch["points"] if isinstance(batch, dict) else batch)
            counts.append(len(np.unique(points[:, 0, 0])))
            if number == 20:
                break
        print(f"  {name:12}{mean(counts):8.0f}")


def _print_resume(folder: Path, size: Size) -> None:
    huge = folder / "huge"
    if not huge.exists():
        make_huge(huge, size.extent)
    start = time.perf_counter()
    view = open_dataset(huge).frames("train", "points", 256, shuffle=True)
    opened = time.perf_counter()
    middle = {**view.state_dict(), "batch": len(view) // 2}
    view.load_state_dict(middle)
    next(iter(view))
    resumed = time.perf_counter()
    print(
        f"\n{len(view) * 256:,} frames: opened in {opened - start:.2f} s, the first batch from the"
    )
    print(f"middle of the epoch {1000 * (resumed - opened):.0f} ms after its state")


if __name__ == "__main__":
    main()
