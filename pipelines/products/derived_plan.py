"""A plan that derives one sample from each sample of another dataset, in shards of the same names.

Each source shard becomes one shard, so that a worker reads one file and writes one file, and the
samples keep the order of the source.
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
    """The data of a source sample that a drop reports."""

    number: int
    """Number of the sample in the source's manifest, from 0."""
    name: str
    source_path: str
    """The recording of the sample."""
    subset: str


@dataclass(frozen=True)
class PlannedDerivedSample:
    """A sample of the source, from which one sample is to be made."""

    row: SourceRow
    shard: ShardEntry
    """The source shard that holds the sample."""
    sample: ManifestRow
    """The row of the sample in the source's manifest."""
    stamp: Stamp
    """Stamp of the source shard when the work was planned."""

    @property
    def recording(self) -> str:
        """The name of the sample in messages."""
        return f"{self.shard.name}, {self.sample.key}"

    @property
    def frames(self) -> int:
        """The number of frames."""
        return self.sample.frames

    @property
    def keys(self) -> tuple[str, ...]:
        """The key of the sample, which the derived sample shares."""
        return (self.sample.key,)

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

    @property
    def frames(self) -> NDArray[np.int64]:
        """The number of frames of each sample, shaped (samples,)."""
        frames: NDArray[np.int64] = self.dataset.manifest["frames"].to_numpy()
        return frames

    @property
    def samples(self) -> NDArray[np.int64]:
        """The number of samples derived from each sample, always 1, shaped (samples,)."""
        return np.ones(len(self.dataset.manifest), np.int64)

    def rows(self, start: int, stop: int) -> Iterator[PlannedDerivedSample]:
        """Yield the planned samples numbered `start` to `stop - 1`."""
        dataset = self.dataset
        table = dataset.manifest.slice(start, stop - start)
        for number, sample in enumerate(table_to_rows(dataset.schema, table), start=start):
            row = SourceRow(number, sample.key, sample.extra["source"], sample.extra["subset"])
            shard = dataset.shard(sample.shard)
            yield PlannedDerivedSample(row, shard, sample, self.stamps[shard.name])


def plan_derived(dataset: Dataset, stamps: Mapping[str, Stamp]) -> Plan[SourceSamples]:
    """Plan one shard for each shard of a dataset, and one sample for each sample in it.

    `stamps` holds the stamps of the dataset's shards, by name.
    """
    shards = dataset.description.shards
    names, sizes = [shard.name for shard in shards], [shard.samples for shard in shards]
    columns = SourceSamples(dataset, stamps)
    return Plan(PlannedShards(names, sizes, columns), (), len(dataset.manifest))
