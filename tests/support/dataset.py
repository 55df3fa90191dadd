"""A small dataset made through the public functions of `shards`, for any test that needs one.

The arrays are noise about an offset; the first frame of every sample has no hits, as scans may.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset, write_dataset_json
from shards.format.description import Description, ShardEntry, content_hash, file_entries
from shards.format.manifest import ManifestRow, manifest_table
from shards.format.paths import DROPS, MANIFEST, shard_name
from shards.format.schema import Schema
from shards.format.tables import rows_to_table, write_table
from shards.format.writing import ShardWriter, encode_sample
from shards.stats.measure import sample_moments
from shards.stats.moments import Moments, fold
from shards.stats.statistics_files import StatisticsKey, statistics_files, write_files

SCHEMA = Schema(
    {
        "points.npy": ArraySpec("float32", ("frames", 5, 3), counted_where="hits"),
        "hits.npy": ArraySpec("int32", ("frames",)),
        "parts.npy": ArraySpec("uint8", ("frames", 5)),
        "trans.npy": ArraySpec("float32", ("frames", 3)),
        "json": "json",
        "txt": "text",
    }
)
COLUMNS = pa.schema([("captions", pa.list_(pa.string()))])
DROP_COLUMNS = pa.schema([("row", pa.int64()), ("reason", pa.string())])
SAMPLES = {"train": (3, 2), "val": (2,)}
"""How many samples each shard of each split has."""


@dataclass(frozen=True)
class BuiltShard:
    """What a worker would report of a shard."""

    entry: ShardEntry
    rows: list[ManifestRow]
    moments: Moments
    """Of the points."""


def made_values(key: str) -> dict[str, Any]:
    """Return the members' values of a sample, the same for the same key."""
    random = np.random.default_rng(list(key.encode()))
    frames = int(random.integers(2, 7))
    hits = random.integers(1, 9, frames).astype(np.int32)
    hits[0] = 0
    caption = f"a person walks {frames} steps, café"
    return {
        "points.npy": random.normal((8, 0, -1), 0.4, (frames, 5, 3)).astype(np.float32),
        "hits.npy": hits,
        "parts.npy": random.integers(0, 22, (frames, 5)).astype(np.uint8),
        "trans.npy": random.normal(1000, 2, (frames, 3)).astype(np.float32),
        "json": {"source": f"{key}.npz", "captions": [caption]},
        "txt": caption,
    }


def build_shard(out: Path, name: str, keys: list[str]) -> BuiltShard:
    """Write a shard of made samples."""
    rows, moments, path = [], [], out / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with ShardWriter(path) as writer:
        for key in keys:
            values = made_values(key)
            written = writer.write(encode_sample(SCHEMA, key, values))
            extra = {"captions": values["json"]["captions"]}
            rows.append(ManifestRow(key, name, len(values["hits.npy"]), written.members, extra))
            moments.append(sample_moments(SCHEMA, "points", values))
    assert writer.result is not None
    frames = sum(row.frames for row in rows)
    entry = ShardEntry(name, writer.result.bytes, writer.result.blake3, len(rows), frames)
    return BuiltShard(entry, rows, fold(moments))


def write_statistics(out: Path, subject: StatisticsKey, moments: Moments) -> Path:
    """Write statistics below a folder; return their own."""
    write_files(out, statistics_files(subject, moments))
    return out / subject.folder


def finish_dataset(
    out: Path, shards: list[BuiltShard], statistics: Mapping[str, bytes] | None = None
) -> Description:
    """Write the manifest, the drops and `dataset.json` of built shards, and files of statistics."""
    write_files(out, statistics or {})
    rows = [row for shard in shards for row in shard.rows]
    manifest = write_table(out / MANIFEST, manifest_table(SCHEMA, rows, COLUMNS))
    dropped = [{"row": 7, "reason": "missing"}]
    drops = write_table(out / DROPS, rows_to_table(dropped, DROP_COLUMNS))
    entries = tuple(shard.entry for shard in shards)
    description = Description(
        SCHEMA,
        entries,
        (manifest, drops),
        {"points": 5},
        {"command": "made by a test"},
        file_entries(statistics or {}),
    )
    write_dataset_json(out, description)
    return description


def made_keys(split: str, number: int) -> list[str]:
    """Return the keys of a shard's samples."""
    return [f"{split}{number}_{sample}" for sample in range(SAMPLES[split][number])]


def make_dataset(out: Path) -> Dataset:
    """Make a whole dataset of three shards with the statistics of its train split, and open it."""
    shards = [
        build_shard(out, shard_name(split, number), made_keys(split, number))
        for split, counts in SAMPLES.items()
        for number in range(len(counts))
    ]
    moments = fold(shard.moments for shard in shards if shard.entry.split == "train")
    dataset = content_hash([shard.entry for shard in shards])
    finish_dataset(
        out, shards, statistics_files(StatisticsKey(dataset, "train", "points"), moments)
    )
    return Dataset.open(out)
