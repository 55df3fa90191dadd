"""A dataset of moving points with captions that they determine, through the functions of `shards`.

A motion is a tall or a wide cloud of points that goes left, right or up. Each has two captions;
every third clip is also seen by a second sensor, every fourth has a caption of its second half.
"""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets.statistics import stats
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset, write_dataset_json
from shards.format.description import Description, ShardEntry
from shards.format.manifest import ManifestRow, manifest_table
from shards.format.paths import DROPS, MANIFEST, shard_name
from shards.format.schema import Schema
from shards.format.tables import rows_to_table, write_table
from shards.format.writing import ShardWriter, encode_sample
from tests.support.dataset import DROP_COLUMNS

POINTS, FPS = 8, 20.0
SHAPES = {"tall": (0.1, 0.1, 0.8), "wide": (0.1, 0.8, 0.1)}
WAYS = {"left": (0, 0.05, 0), "right": (0, -0.05, 0), "up": (0, 0, 0.05)}
KINDS = tuple(product(SHAPES, WAYS))
CLIPS = {"train": 30, "val": 6, "test": 6}
SCHEMA = Schema(
    {
        "points.npy": ArraySpec("float32", ("frames", POINTS, 3), counted_where="hits"),
        "hits.npy": ArraySpec("int32", ("frames",)),
        "json": "json",
        "txt": "text",
    }
)


def captions_of(number: int, frames: int) -> list[dict[str, Any]]:
    """Return what is said of a clip, and of its second half."""
    shape, way = KINDS[number % len(KINDS)]
    texts = [f"something {shape} goes {way}", f"a {shape} thing moves to the {way}."]
    whole = [{"text": text, "start_seconds": 0.0, "end_seconds": 0.0} for text in texts]
    half = {
        "text": f"{shape} and on the way {way}",
        "start_seconds": (frames // 2 + 0.5) / FPS,
        "end_seconds": (frames + 0.5) / FPS,
    }
    return [*whole, half] if number % 4 == 3 else whole


def points_of(number: int, frames: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Return a clip's points, none in its first frame."""
    shape, way = KINDS[number % len(KINDS)]
    path = np.arange(frames)[:, None, None] * np.array(WAYS[way])
    begin = np.array([8.0, 0, -1]) + 0.2 * random.normal(size=3)
    points = begin + path + SHAPES[shape] * random.normal(size=(frames, POINTS, 3))
    points[0] = 0
    single: NDArray[np.float32] = points.astype(np.float32)
    return single


def sample_of(number: int, random: np.random.Generator, silent: bool) -> dict[str, Any]:
    """Return the members of a clip."""
    frames = int(random.integers(10, 20))
    captions = [] if silent else captions_of(number, frames)
    hits = np.full(frames, POINTS, np.int32)
    hits[0] = 0
    return {
        "points.npy": points_of(number, frames, random),
        "hits.npy": hits,
        "json": {"fps_out": FPS, "captions": captions},
        "txt": "".join(f"{caption['text']}\n" for caption in captions),
    }


def make_motions(out: Path, silent: str = "", counts: Mapping[str, int] = CLIPS) -> Dataset:
    """Make a dataset of three splits, one maybe without captions, with `train`'s statistics."""
    random, rows, entries = np.random.default_rng(0), list[ManifestRow](), list[ShardEntry]()
    for split, clips in counts.items():
        name, before = shard_name(split, 0), len(rows)
        (out / split).mkdir(parents=True)
        with ShardWriter(out / name) as writer:
            for number in range(clips):
                for view in ("", "_v1")[: 2 if number % 3 == 0 else 1]:
                    values, key = (
                        sample_of(number, random, split == silent),
                        f"{split}{number:03d}{view}",
                    )
                    written = writer.write(encode_sample(SCHEMA, key, values))
                    frames = len(values["hits.npy"])
                    rows.append(ManifestRow(key, name, frames, written.members))
        assert writer.result is not None
        own = rows[before:]
        frames = sum(row.frames for row in own)
        size, digest = writer.result.bytes, writer.result.blake3
        entries.append(ShardEntry(name, size, digest, len(own), frames))
    manifest = write_table(out / MANIFEST, manifest_table(SCHEMA, rows))
    drops = write_table(out / DROPS, rows_to_table([], DROP_COLUMNS))
    write_dataset_json(out, Description(SCHEMA, tuple(entries), (manifest, drops), {}, {}))
    stats(out, "train", "points")
    return Dataset.open(out)
