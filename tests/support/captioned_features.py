"""Datasets of features with captions that they determine, through the public functions of `shards`.

A clip's features are the sum of a direction for what is done, one for which way, and noise; all may
share a large mean, as max-pooled features do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.captions import caption_texts
from pipelines.datasets.statistics import stats
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset, write_dataset_json
from shards.format.description import Description, ShardEntry
from shards.format.manifest import NO_COLUMNS, ManifestRow, manifest_table
from shards.format.paths import DROPS, MANIFEST, shard_name
from shards.format.schema import Schema
from shards.format.tables import rows_to_table, write_table
from shards.format.writing import ShardWriter, encode_sample
from tests.support.dataset import DROP_COLUMNS

ACTS = ("walks", "runs", "jumps", "crawls", "dances")
WAYS = ("forward", "backward", "left", "right", "in a circle")
KINDS = tuple(product(ACTS, WAYS))


@dataclass(frozen=True)
class MadeFeatures:
    """How the features of a made dataset are."""

    width: int = 32
    mean: float = 0.0
    """Of every component, in units of what tells kinds apart."""
    noise: float = 0.3
    frames: tuple[int, int] = (3, 8)
    """The least number of frames of a clip, and one more than the most."""
    silent: tuple[str, ...] = ()
    """The splits without captions."""
    clips: tuple[tuple[str, int], ...] = (("train", 50), ("val", 25), ("test", 25))
    seed: int = 0


def captions_of(kind: int) -> list[str]:
    """Return what is said of a kind of motion."""
    act, way = KINDS[kind % len(KINDS)]
    return [f"a person {act} {way}.", f"someone {act} {way}"]


SEPARATED = MadeFeatures()


def make_captioned(out: Path, made: MadeFeatures = SEPARATED, with_stats: bool = True) -> Dataset:
    """Make a dataset whose clips are of each kind in turn, with the statistics of `train`."""
    random = np.random.default_rng(made.seed)
    directions = _directions(made, random)
    samples = {
        split: [
            _values(
                clip, [] if split in made.silent else captions_of(clip), made, directions, random
            )
            for clip in range(clips)
        ]
        for split, clips in made.clips
    }
    write_made(out, _schema(made.width), samples)
    if with_stats:
        stats(out, "train", "features")
    return Dataset.open(out)


def write_made(
    out: Path,
    schema: Schema,
    samples: Mapping[str, Sequence[Mapping[str, Any]]],
    provenance: Mapping[str, Any] | None = None,
    columns: pa.Schema = NO_COLUMNS,
) -> None:
    """Write a dataset of one shard per split; the first member of a sample has its frames.

    `columns` are further columns of the manifest, whose values are in the sample's json.
    """
    rows: list[ManifestRow] = []
    entries = []
    for split, each in samples.items():
        name = shard_name(split, 0)
        (out / split).mkdir(parents=True)
        with ShardWriter(out / name) as writer:
            for clip, values in enumerate(each):
                key, frames = f"{split}{clip:04d}", len(next(iter(values.values())))
                written = writer.write(encode_sample(schema, key, dict(values)))
                known = {**values["json"], "captions": caption_texts(values["json"])}
                extra = {column: known[column] for column in columns.names}
                rows.append(ManifestRow(key, name, frames, written.members, extra))
        assert writer.result is not None
        frames = sum(row.frames for row in rows if row.shard == name)
        result = writer.result
        entries.append(ShardEntry(name, result.bytes, result.blake3, len(each), frames))
    manifest = write_table(out / MANIFEST, manifest_table(schema, rows, columns))
    drops = write_table(out / DROPS, rows_to_table([], DROP_COLUMNS))
    tables = manifest, drops
    write_dataset_json(out, Description(schema, tuple(entries), tables, {}, dict(provenance or {})))


def _schema(width: int) -> Schema:
    features = ArraySpec("float32", ("frames", width))
    return Schema({"features.npy": features, "json": "json", "txt": "text"})


def _directions(made: MadeFeatures, random: np.random.Generator) -> NDArray[np.float64]:
    """Return what the features of each kind are about, shaped (kinds, width)."""
    acts, ways = (random.normal(size=(len(words), made.width)) for words in (ACTS, WAYS))
    return (acts[:, None] + ways).reshape(len(KINDS), made.width)


def _values(
    clip: int,
    texts: list[str],
    made: MadeFeatures,
    directions: NDArray[np.float64],
    random: np.random.Generator,
) -> dict[str, Any]:
    frames = int(random.integers(*made.frames))
    noise = made.noise * random.normal(size=(frames, made.width))
    whole = {"start_seconds": 0.0, "end_seconds": 0.0}
    return {
        "features.npy": (made.mean + directions[clip % len(KINDS)] + noise).astype(np.float32),
        "json": {"fps_out": 20.0, "captions": [{"text": text, **whole} for text in texts]},
        "txt": "".join(f"{text}\n" for text in texts),
    }
