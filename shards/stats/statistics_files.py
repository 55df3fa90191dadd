"""Write and check the mean, standard deviation and histograms of a field in a dataset's folder.

Samples are folded in the order of their shard, and shards in the order of the split. A build that
stores each shard's moments in its receipt and folds them in this order gives exactly the same bits
as one that reads the shards again.
"""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.format.hashing import hash_bytes, hash_of
from shards.format.npy import array_to_npy
from shards.format.paths import STATISTICS, inside
from shards.format.places import Place, has_file, read_file
from shards.format.publishing import Permit, publish
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json
from shards.stats.histograms import Histogram
from shards.stats.measure import FRAME, Weight
from shards.stats.moments import Moments
from shards.stats.std_groups import GroupRule, Groups, group_std

STATS_JSON = "stats.json"
HISTOGRAMS_JSON = "histograms.json"
ARRAYS = ("mean.npy", "std.npy")
DDOF = 0
"""NumPy's default, which HumanML3D uses."""


@dataclass(frozen=True)
class StatisticsKey:
    """The subject and method of statistics; a build uses the default weight and groups."""

    dataset: str
    """The content hash of the dataset."""
    split: str
    field: str
    weight: Weight = FRAME
    group_rule: GroupRule | None = None
    """Groups of components that share a standard deviation; None: one per component."""

    @property
    def groups(self) -> Groups | None:
        """The groups of components; None without groups."""
        return None if self.group_rule is None else self.group_rule.groups

    @property
    def rule(self) -> str | None:
        """The name of the rule of the groups; None without groups."""
        return None if self.group_rule is None else self.group_rule.name

    @property
    def folder(self) -> str:
        """The folder of the statistics, relative to the dataset's folder."""
        return f"{STATISTICS}/{self.split}/{statistics_name(self.field, self.weight, self.rule)}"

    def to_json(self) -> dict[str, Any]:
        """Return the key as JSON, with the groups as the name of their rule."""
        names = ("split", "field", "dataset", "weight", "rule")
        return {name: getattr(self, name) for name in names}


def statistics_name(field: str, weight: str = FRAME, rule: str | None = None) -> str:
    """Return the name of a statistics folder, such as `points` or `points-clip-grouped`.

    Field names contain no dash, so the names are unique.
    """
    return "-".join([field, *(word for word in (weight, rule) if word not in (FRAME, None))])


def statistics_files(subject: StatisticsKey, moments: Moments) -> dict[str, bytes]:
    """Return `mean.npy`, `std.npy` and `stats.json` as bytes, by name in the dataset's folder.

    The arrays are float32, as in HumanML3D. `std.npy` is the divisor: the group's standard
    deviation where groups are given, and 1 where it is zero. `stats.json` has the exact values and
    lists the constant components. Raises `ShardError` where no value was counted.
    """
    groups, std = subject.groups, spread(moments, subject.groups)
    arrays = {"mean.npy": _mean_to_npy(moments.mean), "std.npy": _std_to_npy(std)}
    document = {
        **subject.to_json(),
        **_values(moments),
        "groups": None if groups is None else {name: list(group) for name, group in groups.items()},
        "group_std": None if groups is None else std.tolist(),
        "files": {name: hash_bytes(data) for name, data in arrays.items()},
    }
    files = {**arrays, STATS_JSON: to_self_hashed_json(document)}
    return {f"{subject.folder}/{name}": data for name, data in files.items()}


def histograms_file(
    subject: StatisticsKey, histograms: Mapping[str, Histogram]
) -> dict[str, bytes]:
    """Return `histograms.json` of the same values as the statistics, by its name."""
    counts = {name: histogram.to_json() for name, histogram in histograms.items()}
    document = to_self_hashed_json({**subject.to_json(), "histograms": counts})
    return {f"{subject.folder}/{HISTOGRAMS_JSON}": document}


def write_files(out: Path, files: Mapping[str, bytes], permit: Permit = nullcontext) -> None:
    """Publish statistics files by name below a folder; `permit` guards each one."""
    for name, data in files.items():
        path = inside(out, name)
        with permit():
            path.parent.mkdir(parents=True, exist_ok=True)
        publish(path, data, permit)


def spread(moments: Moments, groups: Groups | None) -> NDArray[np.float64]:
    """Return the standard deviation of each component, or of its group where groups are given."""
    std = moments.std(DDOF)
    return std if groups is None else group_std(std, groups)


def statistics_faults(path: Place, split: str, name: str, dataset_hash: str) -> Iterator[str]:
    """Yield the faults of a statistics folder: damage, or values of another dataset."""
    folder = f"{STATISTICS}/{split}/{name}"
    document = _read(path, f"{folder}/{STATS_JSON}")
    yield from _subject_faults(document, split, name, dataset_hash)
    hashes = {array: hash_of(path, f"{folder}/{array}") for array in ARRAYS}
    if document.get("files") != hashes:
        yield f"an array differs from its hash in {STATS_JSON}; run `motiondata stats` again"
    if has_file(path, f"{folder}/{HISTOGRAMS_JSON}"):
        histograms = _read(path, f"{folder}/{HISTOGRAMS_JSON}")
        yield from _subject_faults(histograms, split, name, dataset_hash)


def _read(path: Place, name: str) -> dict[str, Any]:
    return from_self_hashed_json(read_file(path, name), name)


def _subject_faults(
    document: Mapping[str, Any], split: str, name: str, dataset_hash: str
) -> Iterator[str]:
    field, weight, rule = (document.get(key) for key in ("field", "weight", "rule"))
    words = str(field), str(weight), None if rule is None else str(rule)
    found = document.get("split"), statistics_name(*words)
    if (*found, document.get("dataset")) != (split, name, dataset_hash):
        yield f"contains statistics of {found}, not of this dataset; run `motiondata stats` again"


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
