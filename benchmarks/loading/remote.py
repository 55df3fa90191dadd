"""Measure frames per second from an S3 server with added latency, beside webdataset and litData.

Run `OMP_NUM_THREADS=1 python -m benchmarks.loading.remote FOLDER` from the project's root; FOLDER
keeps the generated data. All readers read the same clips from the same server, in this process, and
begin with an empty cache: the first epoch fetches, and the second reads what the reader has kept.
litData has a row if it is installed. `--quick` reads little data, to check that everything runs.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

import click
import fsspec
import webdataset

from benchmarks.loading.data import HAS_LITDATA, Extent, make_all
from benchmarks.loading.peers import BATCHES, BUFFER, COLLATE, crop_all, explode, ours_of
from benchmarks.loading.slow_s3 import set_latency, slow_s3
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.remote.cache import FOLDER_VARIABLE

WHOLE, QUICK = Extent(256, 16, 0, 0), Extent(16, 2, 0, 0)
LATENCIES = (1, 10, 50)
"""Added latencies in milliseconds."""
BUCKET = "bench"


class Epochs(NamedTuple):
    """What was measured of a reader."""

    first_batch: float
    """Seconds until the first batch, including the opening."""
    first: float
    second: float
    """Frames per second of the first and of the second epoch."""


Reader = Callable[[str, Path, str], Iterable[Any]]
"""Takes the server's URL, an empty folder for a cache, and a key of `BATCHES`."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="Little data, read once: does everything run?")
@click.option("--rounds", default=5, show_default=True, help="Number of times that all is read.")
def main(folder: Path, quick: bool, rounds: int) -> None:
    """Measure how fast made clips are read from a server, and print the tables."""
    data = make_all(folder, QUICK if quick else WHOLE)
    frames = int(data.manifest["frames"].sum())
    with slow_s3() as url:
        _upload(folder)
        for what in ("frames", "clips"):
            for latency in LATENCIES[: 1 if quick else None]:
                set_latency(url, latency)
                print(f"\n{what}, {latency} ms added: seconds to the first batch, frames/s")
                _print_rates(url, what, frames, 1 if quick else rounds)


def _print_rates(url: str, what: str, frames: int, rounds: int) -> None:
    measured: dict[str, list[Epochs]] = {name: [] for name in READERS}
    for _ in range(rounds):
        for name, reader in READERS.items():
            measured[name].append(_measure(reader, url, what, frames))
    for name, found in measured.items():
        waits, *epochs = zip(*found, strict=True)
        rates = [f"{median(each):10,.0f} ({min(each):,.0f} to {max(each):,.0f})" for each in epochs]
        print(f"  {name:12}{median(waits):8.2f}{rates[0]:>32}{rates[1]:>32}")


def _measure(reader: Reader, url: str, what: str, frames: int) -> Epochs:
    cache = Path(tempfile.mkdtemp())
    try:
        start = time.perf_counter()
        batches = reader(url, cache, what)
        iterator = iter(batches)
        next(iterator)
        first_batch = time.perf_counter() - start
        for _ in iterator:
            pass
        middle = time.perf_counter()
        for _ in batches:
            pass
        end = time.perf_counter()
        return Epochs(first_batch, frames / (middle - start), frames / (end - middle))
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def _upload(folder: Path) -> None:
    public = {"ACL": "public-read"}  # so that curl, which webdataset starts, need not sign
    files, _ = fsspec.core.url_to_fs(f"s3://{BUCKET}", s3_additional_kwargs=public)
    files.mkdir(BUCKET)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).parts[0] != "npy":
            name = path.relative_to(folder).as_posix()
            files.pipe_file(f"{BUCKET}/{name}", path.read_bytes())


def _ours(_: str, cache: Path, what: str) -> Iterable[Any]:
    with patch.dict(os.environ, {FOLDER_VARIABLE: str(cache)}):
        view: Iterable[Any] = ours_of(open_dataset(f"s3://{BUCKET}/shards"), what)
        return view


def _by_webdataset(url: str, _: Path, what: str) -> Iterable[Any]:
    shards = Dataset.open(f"s3://{BUCKET}/shards").shards_of("train")
    urls = [f"pipe:curl -s -f {url}/{BUCKET}/shards/{shard.name}" for shard in shards]
    batches: Iterable[Any] = (
        webdataset.WebDataset(urls, shardshuffle=100)
        .decode(only=["points.npy"])
        .compose(partial(explode, what))
        .shuffle(BUFFER if what == "frames" else 100)
        .batched(BATCHES[what], collation_fn=COLLATE[what])
    )
    return batches


def _by_litdata(url: str, cache: Path, what: str) -> Iterable[Any]:
    import litdata
    from litdata.streaming import downloader

    # Its client refuses servers without TLS, and no argument of litData's allows them.
    downloader._OBSTORE_CLIENT_OPTIONS["allow_http"] = True
    chunks = litdata.StreamingDataset(
        f"s3://{BUCKET}/litdata-{'frames' if what == 'frames' else 'clips'}",
        cache_dir=str(cache),
        shuffle=True,
        storage_options={"endpoint_url": url},
    )
    collate = crop_all if what == "windows" else COLLATE[what]
    loader = litdata.StreamingDataLoader(chunks, batch_size=BATCHES[what], collate_fn=collate)
    batches: Iterable[Any] = loader
    return batches


READERS: dict[str, Reader] = {
    "shards": _ours,
    "webdataset": _by_webdataset,
    **({"litData": _by_litdata} if HAS_LITDATA else {}),
}

if __name__ == "__main__":
    main()
