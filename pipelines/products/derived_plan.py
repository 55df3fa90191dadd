"""A plan of samples made from another dataset's, one from one, in shards of the same names.

What is made of a shard goes to one shard, so that a worker reads one file and writes one, and the
order of the samples is the source's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.files import Stamp
from pipelines.engine.plan import Plan, PlannedShards
from shards.format.dataset import Dataset
from shards.format.description import ShardEntry
from shards.format.manifest import ManifestRow, table_to_rows


@dataclass(frozen=True)
class SourceRow:
    """What is told of a sample of which nothing is made."""

    number: int
    """Its number in the source's manifest, from 0."""
    name: str
    source_path: str
    """The recording that it is of."""
    subset: str


@dataclass(frozen=True)
class PlannedDerivedSample:
    """A sample of the source, of which one is to be made."""

    row: SourceRow
    shard: ShardEntry
    """The source's shard."""
    sample: ManifestRow
    """The sample in it."""
    stamp: Stamp
    """Of the source's shard, as it was when the work was planned."""

    @property
    def recording(self) -> str:
        """The sample, as messages call it."""
        return f"{self.shard.name}, {self.sample.key}"

    @property
    def frames(self) -> int:
        """Its frames."""
        return self.sample.frames

    @property
    def keys(self) -> tuple[str, ...]:
        """Its key, which is that of what is made of it."""
        return (self.sample.key,)

    @property
    def files(self) -> dict[str, set[str]]:
        """The source's shard."""
        return {"shards": {self.shard.name}}

    @property
    def identity(self) -> list[object]:
        """What a plan's hash covers of it; the source's hash covers the rest."""
        return [self.row.number, self.sample.key, self.frames]


@dataclass(frozen=True)
class SourceSamples:
    """The samples of a dataset."""

    dataset: Dataset
    stamps: Mapping[str, Stamp]
    """Of the shards, by their names."""

    @property
    def frames(self) -> NDArray[np.int64]:
        """The frames of each sample, shaped (samples,)."""
        frames: NDArray[np.int64] = self.dataset.manifest["frames"].to_numpy()
        return frames

    @property
    def samples(self) -> NDArray[np.int64]:
        """One of each, shaped (samples,)."""
        return np.ones(len(self.dataset.manifest), np.int64)

    def rows(self, start: int, stop: int) -> Iterator[PlannedDerivedSample]:
        """Make the samples from one number to another."""
        dataset = self.dataset
        table = dataset.manifest.slice(start, stop - start)
        for number, sample in enumerate(table_to_rows(dataset.schema, table), start=start):
            row = SourceRow(number, sample.key, sample.extra["source"], sample.extra["subset"])
            shard = dataset.shard(sample.shard)
            yield PlannedDerivedSample(row, shard, sample, self.stamps[shard.name])


def plan_derived(dataset: Dataset, stamps: Mapping[str, Stamp]) -> Plan[SourceSamples]:
    """Plan a shard for every one of a dataset, and a sample for every one in it.

    `stamps` are those of the dataset's shards, by name.
    """
    shards = dataset.description.shards
    names, sizes = [shard.name for shard in shards], [shard.samples for shard in shards]
    columns = SourceSamples(dataset, stamps)
    return Plan(PlannedShards(names, sizes, columns), (), len(dataset.manifest))
