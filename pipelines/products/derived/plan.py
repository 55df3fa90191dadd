"""A plan that derives samples from each sample of another dataset, in shards of the same names.

Each source shard becomes one shard, so that a worker reads one file and writes one file, and the
samples keep the order of the source. A retry of dropped samples adds shards at the end of a split.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.files import Stamp
from pipelines.clips.keys import clip_name, sample_key, sample_number
from pipelines.engine.plan import Plan, PlannedShards, expect_kept_samples
from shards.format.dataset import Dataset
from shards.format.description import ShardEntry
from shards.format.manifest import ManifestRow, table_to_rows
from shards.format.paths import number_of, shard_name, split_of

SampleNumbers = NDArray[np.int64]
"""Numbers of samples in the source's manifest, from 0, shaped (samples,)."""


@dataclass(frozen=True)
class Scope:
    """Which samples of a dataset are used, and how many samples each one yields."""

    split: str | None = None
    """The split that is used; None: all."""
    copies: int = 1
    """Number of samples from each sample; those after the first have numbered keys."""

    def keys(self, key: str) -> tuple[str, ...]:
        """Return the keys of the samples that a sample with this key yields."""
        return tuple(sample_key(key, number) for number in range(self.copies))

    def source_keys(self, keys: Sequence[str]) -> list[str]:
        """Return the keys of the samples that yield samples with these keys."""
        return [*dict.fromkeys(map(clip_name, keys))] if self.copies > 1 else [*keys]

    def expect_fits(self, dataset: Dataset) -> None:
        """Raise `InputError` for an unknown split, and for keys that have a number already."""
        if self.split is not None and self.split not in dataset.description.splits:
            raise InputError(
                f"{dataset.place}: expected one of the splits "
                f"{', '.join(dataset.description.splits)}, found {self.split!r}"
            )
        keys = dataset.manifest["key"].to_pylist() if self.copies > 1 else []
        if numbered := next(filter(sample_number, keys), None):
            raise InputError(
                f"{dataset.place}: expected one sample of each clip, because further ones get "
                f"numbers, found {numbered}; rename the keys with motiondata rename-keys"
            )


@dataclass(frozen=True)
class SourceRow:
    """The data of a source sample that a drop reports."""

    number: int
    """Number of the sample in the source's manifest, from 0."""
    name: str
    source_path: str
    """The recording of the sample."""
    subset: str


@dataclass(frozen=True)
class PlannedDerivedSample:
    """A sample of the source, from which samples are to be made."""

    row: SourceRow
    shard: ShardEntry
    """The source shard that holds the sample."""
    sample: ManifestRow
    """The row of the sample in the source's manifest."""
    stamp: Stamp
    """Stamp of the source shard when the work was planned."""
    scope: Scope

    @property
    def recording(self) -> str:
        """The name of the sample in messages."""
        return f"{self.shard.name}, {self.sample.key}"

    @property
    def frames(self) -> int:
        """The number of frames that are read, for each of its samples."""
        return self.sample.frames * self.scope.copies

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the derived samples; the first is that of the source."""
        return self.scope.keys(self.sample.key)

    @property
    def files(self) -> dict[str, set[str]]:
        """The name of the source shard, by kind of file."""
        return {"shards": {self.shard.name}}

    @property
    def identity(self) -> list[object]:
        """The part of the sample that a plan's hash covers; the source's hash covers the rest."""
        return [self.row.number, self.sample.key, self.frames]


@dataclass(frozen=True)
class SourceSamples:
    """The samples of a dataset."""

    dataset: Dataset
    stamps: Mapping[str, Stamp]
    """Stamps of the shards, by name."""
    order: SampleNumbers
    """The numbers of the samples in the dataset's manifest, in the order of the plan."""
    scope: Scope

    @property
    def frames(self) -> NDArray[np.int64]:
        """The number of frames of what is derived from each sample, shaped (samples,)."""
        frames: NDArray[np.int64] = self.dataset.manifest["frames"].to_numpy()[self.order]
        return frames * self.scope.copies

    @property
    def samples(self) -> NDArray[np.int64]:
        """The number of samples derived from each sample, shaped (samples,)."""
        return np.full(len(self.order), self.scope.copies, np.int64)

    def rows(self, start: int, stop: int) -> Iterator[PlannedDerivedSample]:
        """Yield the planned samples from `start` up to, but not including, `stop`."""
        dataset, numbers = self.dataset, self.order[start:stop]
        samples = table_to_rows(dataset.schema, dataset.manifest.take(numbers))
        for number, sample in zip(numbers.tolist(), samples, strict=True):
            row = SourceRow(number, sample.key, sample.extra["source"], sample.extra["subset"])
            shard = dataset.shard(sample.shard)
            yield PlannedDerivedSample(row, shard, sample, self.stamps[shard.name], self.scope)


def plan_derived(
    dataset: Dataset,
    stamps: Mapping[str, Stamp],
    kept: Mapping[str, Sequence[str]] | None = None,
    scope: Scope = Scope(),
) -> Plan[SourceSamples]:
    """Plan one shard for each shard of a dataset, and samples for each sample in it.

    `stamps` holds the stamps of the dataset's shards, by name. `kept` maps the name of each shard
    that must stay unchanged to the keys of its samples. Samples that a kept shard lacks go to one
    more shard at the end of their split. Raises `InputError` if the dataset no longer has a sample
    of a kept shard.
    """
    source_keys = {name: scope.source_keys(keys) for name, keys in (kept or {}).items()}
    parts = dict(_parts(dataset, dict(_keep_shards(dataset, source_keys)), scope.split))
    order = np.concatenate([*parts.values(), np.zeros(0, np.int64)])
    shards = PlannedShards(
        [*parts],
        [len(part) for part in parts.values()],
        SourceSamples(dataset, stamps, order, scope),
    )
    return Plan(shards, (), len(order))


def _parts(
    dataset: Dataset, kept: Mapping[str, SampleNumbers], only: str | None
) -> Iterator[tuple[str, SampleNumbers]]:
    """Yield the name of each shard and the numbers of its samples, split by split.

    `only` is the one split to yield; None: all.
    """
    left = np.ones(len(dataset.manifest), np.bool_)
    left[np.concatenate([*kept.values(), np.zeros(0, np.int64)])] = False
    sources = dict(_source_shards(dataset))
    for split, names in groupby(sources, split_of):
        if only not in (None, split):
            continue
        mine = dict.fromkeys([*names, *(name for name in kept if split_of(name) == split)])
        lost = [
            sources[name][left[sources[name]]] for name in mine if name in kept and name in sources
        ]
        for name in mine:
            yield name, kept[name] if name in kept else sources[name][left[sources[name]]]
        if any(map(len, lost)):
            yield shard_name(split, 1 + max(map(number_of, mine))), np.concatenate(lost)


def _source_shards(dataset: Dataset) -> Iterator[tuple[str, SampleNumbers]]:
    """Yield the name of each shard of a dataset and the numbers of its samples."""
    start = 0
    for shard in dataset.description.shards:
        yield shard.name, np.arange(start, start + shard.samples)
        start += shard.samples


def _keep_shards(
    dataset: Dataset, kept: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, SampleNumbers]]:
    """Yield the name of each kept shard and the numbers of its samples."""
    keys = dataset.manifest["key"].to_pylist() if kept else []
    number_of_key = {key: number for number, key in enumerate(keys)}
    for name in sorted(kept):
        expect_kept_samples(name, kept[name], number_of_key)
        yield name, np.array([number_of_key[key] for key in kept[name]], np.int64)
