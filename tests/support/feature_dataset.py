"""A dataset of features, one vector per frame, made through the public functions of `shards`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset, write_dataset_json
from shards.format.description import Description, ShardEntry
from shards.format.manifest import ManifestRow, manifest_table
from shards.format.paths import DROPS, MANIFEST, shard_name
from shards.format.schema import Schema
from shards.format.tables import rows_to_table, write_table
from shards.format.writing import ShardWriter, encode_sample
from tests.support.dataset import DROP_COLUMNS


def make_features(out: Path, clips: Sequence[NDArray[Any]]) -> Dataset:
    """Make a dataset of a split, `train`, with a clip a shard, each shaped (frames, features)."""
    schema = Schema({"features.npy": ArraySpec("float32", ("frames", clips[0].shape[1]))})
    rows, entries = [], []
    (out / "train").mkdir(parents=True)
    for number, clip in enumerate(clips):
        name = shard_name("train", number)
        with ShardWriter(out / name) as writer:
            values = {"features.npy": clip.astype(np.float32)}
            written = writer.write(encode_sample(schema, f"f{number}", values))
        assert writer.result is not None
        rows.append(ManifestRow(f"f{number}", name, len(clip), written.members))
        entries.append(ShardEntry(name, writer.result.bytes, writer.result.blake3, 1, len(clip)))
    manifest = write_table(out / MANIFEST, manifest_table(schema, rows))
    drops = write_table(out / DROPS, rows_to_table([], DROP_COLUMNS))
    write_dataset_json(out, Description(schema, tuple(entries), (manifest, drops), {}, {}))
    return Dataset.open(out)
