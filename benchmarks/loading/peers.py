"""Readers of other libraries for the same clips, frames and windows, written as in their manuals.

Each function returns an iterable of batches; the length of a batch is its number of items. Each
reader shuffles as well as its library can.
"""

import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import webdataset
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, RandomSampler

from shards import open_dataset
from shards.stream.streamed_dataset import StreamedDataset

CLIP_BATCH, FRAME_BATCH, WINDOW_BATCH, LENGTH, BUFFER = 16, 256, 32, 32, 10_000
BATCHES = {"clips": CLIP_BATCH, "frames": FRAME_BATCH, "windows": WINDOW_BATCH}

Array = NDArray[np.float32]
Reader = Callable[[Path, str, int], Any]
"""Takes the data's folder, a key of `BATCHES`, and the number of workers; returns batches."""


def pad(clips: list[Array]) -> Array:
    """Stack clips, padding shorter ones with zeros at the end."""
    padded = np.zeros((len(clips), max(map(len, clips)), *clips[0].shape[1:]), np.float32)
    for row, clip in zip(padded, clips, strict=True):
        row[: len(clip)] = clip
    return padded


def crop(clip: Array) -> Array:
    """Return a random window of a clip."""
    start = np.random.default_rng().integers(len(clip) - LENGTH + 1)
    return np.array(clip[start : start + LENGTH])


def crop_all(clips: list[Array]) -> Array:
    """Return a random window of each clip."""
    return np.stack([crop(np.asarray(clip)) for clip in clips])


COLLATE: dict[str, Callable[[list[Array]], Array]] = {
    "clips": pad,
    "frames": np.stack,
    "windows": np.stack,
}


def in_workers(batches: Any, workers: int) -> Any:
    """Return batches made by worker processes that persist between epochs, if there are any.

    They are forked, regardless of the start method that litData sets globally on import.
    """
    if not workers:
        return batches
    return DataLoader(
        batches,
        batch_size=None,
        num_workers=workers,
        persistent_workers=True,
        multiprocessing_context="fork",
    )


def ours(folder: Path, what: str, workers: int) -> Any:
    """Read with `shards`."""
    return in_workers(ours_of(open_dataset(folder / "shards"), what), workers)


def ours_of(data: StreamedDataset, what: str) -> Any:
    """Return the view of clips, frames or windows."""
    if what == "clips":
        return data.clips("train", ["points"], CLIP_BATCH, shuffle=True)
    if what == "frames":
        return data.frames("train", "points", FRAME_BATCH, shuffle=True)
    return data.windows("train", "points", LENGTH, WINDOW_BATCH, shuffle=True)


def explode(what: str, samples: Iterator[dict[str, Any]]) -> Iterator[Array]:
    """Yield the frames, the whole clip or a random window of each sample."""
    for sample in samples:
        points = sample["points.npy"]
        yield from points if what == "frames" else [points if what == "clips" else crop(points)]


def by_webdataset(folder: Path, what: str, workers: int) -> Any:
    """Read the same shards with `webdataset`: it shuffles in buffers and decodes whole clips."""
    files = sorted(map(str, (folder / "shards/train").iterdir()))
    buffer = BUFFER if what == "frames" else 100
    pipeline = (
        webdataset.WebDataset(files, shardshuffle=100)
        .decode(only=["points.npy"])
        .compose(partial(explode, what))
        .shuffle(buffer)
        .batched(BATCHES[what], collation_fn=COLLATE[what])
    )
    return in_workers(pipeline, workers)


class NpyFiles(Dataset[Array]):
    """One file per clip, memory-mapped again for each item, as in most motion trainers."""

    def __init__(self, folder: Path, what: str) -> None:
        self.paths = sorted((folder / "npy").iterdir())
        self.what = what
        frames = [len(np.load(path, mmap_mode="r")) for path in self.paths]
        counts = frames if what == "frames" else [1] * len(frames)
        self.items = [(clip, at) for clip, count in enumerate(counts) for at in range(count)]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> Array:
        clip, at = self.items[number]
        if self.what == "clips":
            return np.asarray(np.load(self.paths[clip]))
        mapped = np.load(self.paths[clip], mmap_mode="r")
        return np.array(mapped[at]) if self.what == "frames" else crop(mapped)


def by_npy_files(folder: Path, what: str, workers: int) -> Any:
    """Read `.npy` files through a map-style dataset."""
    files = NpyFiles(folder, what)
    return DataLoader(
        files,
        batch_size=BATCHES[what],
        sampler=RandomSampler(files),
        num_workers=workers,
        persistent_workers=workers > 0,
        multiprocessing_context="fork" if workers else None,
        collate_fn=COLLATE[what],
    )


def by_litdata(folder: Path, what: str, workers: int) -> Any:
    """Read litData chunks, with one frame or one clip per item."""
    import litdata

    name = "frames" if what == "frames" else "clips"
    chunks = litdata.StreamingDataset(str(folder / f"litdata-{name}"), shuffle=True)
    return litdata.StreamingDataLoader(
        chunks,
        batch_size=BATCHES[what],
        num_workers=workers,
        persistent_workers=workers > 0,
        collate_fn=crop_all if what == "windows" else COLLATE[what],
    )


READERS: dict[str, Reader] = {
    "shards": ours,
    "webdataset": by_webdataset,
    "npy files": by_npy_files,
    **({"litData": by_litdata} if importlib.util.find_spec("litdata") else {}),
}
