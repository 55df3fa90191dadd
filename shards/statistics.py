"""Mean and standard deviation of a field: computed from shards, written beside them.

Samples are folded in the order of a shard, shards in the order of the split. A build that keeps
each shard's moments in its receipt and folds them so gets the same bits as one that reads again.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.dataset import Dataset
from shards.description import ShardEntry
from shards.grouping import Groups, group_std
from shards.hashing import hash_bytes, hash_file
from shards.moments import Moments, fold
from shards.npy import array_to_npy
from shards.paths import STATISTICS, existing, inside
from shards.publishing import publish
from shards.reading import ShardReader
from shards.schema import Schema
from shards.sealing import seal, unseal

STATS_JSON = "stats.json"
ARRAYS = ("mean.npy", "std.npy")
DDOF = 0
"""As NumPy's default, and so HumanML3D's."""


def sample_moments(schema: Schema, field: str, values: Mapping[str, Any]) -> Moments:
    """Return the moments of a field of one sample, whose arrays are given by suffix."""
    spec = schema.float_array(field)
    array = values[schema.suffixes[field]]
    counted = spec.counted_where
    where = None if counted is None else values[schema.suffixes[counted]]
    # A last axis that varies in length is not one of components: the values are single numbers.
    return Moments.of(array[..., None] if isinstance(spec.shape[-1], str) else array, where)


def shard_moments(dataset: Dataset, shard: ShardEntry, field: str) -> Moments:
    """Return the moments of a field in one shard, folded sample by sample."""
    spec = dataset.schema.float_array(field)
    names = [field] if spec.counted_where is None else [field, spec.counted_where]
    suffixes = [dataset.schema.suffixes[name] for name in names]
    with closing(ShardReader(dataset.path, shard)) as reader:
        samples = (
            {suffix: reader.decoded(dataset.schema, row, suffix) for suffix in suffixes}
            for row in dataset.rows_of(shard)
        )
        return fold(sample_moments(dataset.schema, field, sample) for sample in samples)


def compute_statistics(dataset: Dataset, split: str, field: str) -> Moments:
    """Return the moments of a field in a split, folded shard by shard."""
    return fold(shard_moments(dataset, shard, field) for shard in dataset.shards_of(split))


def write_statistics(
    out: Path,
    split: str,
    field: str,
    moments: Moments,
    dataset_hash: str,
    groups: Groups | None = None,
) -> Path:
    """Publish `stats/<split>/<field>/{mean,std}.npy` and `stats.json`; return their folder.

    The arrays are float32, as HumanML3D's; `std.npy` is what to divide by: the groups' where groups
    are given, and 1 where a spread is zero, which `stats.json` names as constant. `stats.json`
    has the exact values. Raises `ShardError` where nothing was counted.
    """
    std = moments.std(DDOF) if groups is None else group_std(moments.std(DDOF), groups)
    arrays = {"mean.npy": _mean_to_npy(moments.mean), "std.npy": _std_to_npy(std)}
    document = {
        "split": split,
        "field": field,
        "dataset": dataset_hash,
        **_values(moments),
        "groups": None if groups is None else {name: list(group) for name, group in groups.items()},
        "group_std": None if groups is None else std.tolist(),
        "files": {name: hash_bytes(data) for name, data in arrays.items()},
    }
    folder = inside(out, f"{STATISTICS}/{split}/{field}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in {**arrays, STATS_JSON: seal(document)}.items():
        publish(folder / name, data)
    return folder


def statistics_faults(path: Path, split: str, field: str, dataset_hash: str) -> Iterator[str]:
    """Yield what is wrong with the statistics of a field: damage, or another dataset's values."""
    name = f"{STATISTICS}/{split}/{field}"
    document = unseal(existing(path, f"{name}/{STATS_JSON}").read_bytes(), f"{name}/{STATS_JSON}")
    found = document.get("split"), document.get("field"), document.get("dataset")
    if found != (split, field, dataset_hash):
        yield f"holds the statistics of {found}, not of this dataset; compute them again"
    hashes = {array: hash_file(existing(path, f"{name}/{array}")) for array in ARRAYS}
    if document.get("files") != hashes:
        yield f"an array is damaged: its hash is not the one in {STATS_JSON}; compute them again"


def _values(moments: Moments) -> dict[str, Any]:
    return {
        "count": moments.count,
        "ddof": DDOF,
        "mean": moments.mean.tolist(),
        "std": moments.std(DDOF).tolist(),
        "min": moments.minimum.tolist(),
        "max": moments.maximum.tolist(),
        "constant": np.flatnonzero(moments.constant).tolist(),
    }


def _mean_to_npy(mean: NDArray[np.float64]) -> bytes:
    return array_to_npy(mean.astype(np.float32))


def _std_to_npy(std: NDArray[np.float64]) -> bytes:
    single = std.astype(np.float32)
    return array_to_npy(np.where(single == 0, np.float32(1), single))
