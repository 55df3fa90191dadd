"""Datasets of many small clips whose values tell which clip and frame they are of.

What a view returns can then be judged without reading a shard.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset, write_dataset_json
from shards.format.description import Description, ShardEntry
from shards.format.manifest import ManifestRow, manifest_table
from shards.format.paths import DROPS, MANIFEST, shard_name
from shards.format.schema import Schema
from shards.format.tables import rows_to_table, write_table
from shards.format.writing import ShardWriter, encode_sample
from tests.support.dataset import DROP_COLUMNS

FPS = 20.0


def clips_schema(points: int, stored: str | None = None) -> Schema:
    """Return the members of samples with `points` points per frame, stored in a type."""
    return Schema(
        {
            "points.npy": ArraySpec("float32", ("frames", points, 3), "hits", stored),
            "hits.npy": ArraySpec("int32", ("frames",)),
            "json": "json",
            "txt": "text",
        }
    )


def clip_values(number: int, frames: int, points: int) -> dict[str, Any]:
    """Return a sample whose points are (clip, frame, point) and whose hits are the frames."""
    axes = np.meshgrid([number], np.arange(frames), np.arange(points), indexing="ij")
    captions = clip_captions(number, frames)
    return {
        "points.npy": np.stack(axes, -1)[0].astype(np.float32),
        "hits.npy": np.arange(frames, dtype=np.int32),
        "json": {"fps_out": FPS, "captions": captions},
        "txt": "".join(f"{caption['text']}\n" for caption in captions),
    }


def clip_captions(number: int, frames: int) -> list[dict[str, Any]]:
    """Return a clip's captions: none for every fifth; whole ones, and one of its second half."""
    whole = [
        {"text": f"{number} whole {caption}", "start_seconds": 0.0, "end_seconds": 0.0}
        for caption in range(number % 5)
    ]
    half = {
        "text": f"{number} half",
        "start_seconds": (frames // 2 + 0.5) / FPS,
        "end_seconds": (frames + 0.5) / FPS,
    }
    return [*whole, half] if whole else []


def make_clips(
    out: Path,
    splits: Mapping[str, Sequence[Sequence[int]]],
    points: int = 2,
    stored: str | None = None,
) -> Dataset:
    """Make a dataset of clips with the given frames, by split and shard; clips count from 0."""
    schema, rows, entries, number = clips_schema(points, stored), [], [], 0
    for split, shards in splits.items():
        (out / split).mkdir(parents=True)
        for shard, lengths in enumerate(shards):
            name = shard_name(split, shard)
            with ShardWriter(out / name) as writer:
                for frames in lengths:
                    sample = encode_sample(
                        schema, f"c{number}", clip_values(number, frames, points)
                    )
                    written = writer.write(sample)
                    rows.append(ManifestRow(f"c{number}", name, frames, written.members))
                    number += 1
            assert writer.result is not None
            entries.append(
                ShardEntry(
                    name, writer.result.bytes, writer.result.blake3, len(lengths), sum(lengths)
                )
            )
    manifest = write_table(out / MANIFEST, manifest_table(schema, rows))
    drops = write_table(out / DROPS, rows_to_table([], DROP_COLUMNS))
    write_dataset_json(out, Description(schema, tuple(entries), (manifest, drops), {}, {}))
    return Dataset.open(out)
