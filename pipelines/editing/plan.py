"""The plan of an edit: its samples in shards, and the fingerprint that a resumed run compares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.files import Stamp
from pipelines.clips.options import PackingOptions
from pipelines.clips.pack_shards import cut_evenly
from pipelines.editing.edit import Edit, Entries, Origins
from pipelines.engine.file_stats import COLUMNS, stat_files
from pipelines.engine.fingerprint import KeptShard, fingerprint
from pipelines.engine.plan import Plan, PlannedShards
from pipelines.engine.product import PlannedBuild
from shards.format.dataset import Dataset
from shards.format.description import ShardEntry
from shards.format.manifest import ManifestRow, table_to_rows
from shards.format.paths import existing, shard_name
from shards.remote.folder import RemoteFolder

NO_TIME = 0
"""The time of the last change of a shard at a URL, in the plan."""
Stamps = Mapping[str, Stamp]
"""The stamps of a dataset's shards, by name."""


class Origin(NamedTuple):
    """A sample of a source."""

    source: int
    """The number of the source dataset."""
    shard: ShardEntry
    sample: ManifestRow
    stamp: Stamp
    """The stamp of the shard when the work was planned."""


@dataclass(frozen=True)
class CopiedRow:
    """What a drop would report of a sample; samples of an edit are never dropped."""

    number: int
    name: str
    source_path: str
    subset: str


@dataclass(frozen=True)
class PlannedCopy:
    """A sample of the new dataset, and the samples that it is copied from."""

    row: CopiedRow
    origins: tuple[Origin, ...]
    entry: tuple[int, ...]
    """The numbers of the sources and of the rows in their manifests."""

    @property
    def recording(self) -> str:
        """The name of the sample in messages."""
        return f"{self.origins[0].shard.name}, {self.origins[0].sample.key}"

    @property
    def frames(self) -> int:
        """The number of frames."""
        return self.origins[0].sample.frames

    @property
    def keys(self) -> tuple[str, ...]:
        """The key of the new sample."""
        return (self.row.name,)

    @property
    def files(self) -> dict[str, set[str]]:
        """The names of the source shards, by source."""
        return {kind_of(origin.source): {origin.shard.name} for origin in self.origins}

    @property
    def identity(self) -> list[object]:
        """The part of the sample that a plan's hash covers; the sources' hashes cover the rest."""
        return [self.row.name, *self.entry]


@dataclass(frozen=True)
class PlannedCopies:
    """The samples of an edit in the order of the plan, in columns."""

    sources: tuple[Dataset, ...]
    stamps: tuple[Stamps, ...]
    """By source."""
    entries: Entries

    @property
    def frames(self) -> NDArray[np.int64]:
        """The number of frames of each sample, shaped (samples,)."""
        origins = self.entries.origins[0]
        frames = np.zeros(len(origins.rows), np.int64)
        for number, source in enumerate(self.sources):
            mine = origins.sources == number
            frames[mine] = source.manifest["frames"].to_numpy()[origins.rows[mine]]
        return frames

    @property
    def samples(self) -> NDArray[np.int64]:
        """The number of samples of each row of the plan, always 1, shaped (samples,)."""
        return np.ones(len(self.entries.keys), np.int64)

    def rows(self, start: int, stop: int) -> Iterator[PlannedCopy]:
        """Yield the planned samples from `start` up to, but not including, `stop`."""
        part = self.entries.take(np.arange(start, stop))
        origins = [self._origins(of) for of in part.origins]
        numbers = np.stack([each for of in part.origins for each in (of.sources, of.rows)], axis=1)
        for place, key in enumerate(part.keys):
            copied = tuple(of[place] for of in origins)
            extra = copied[0].sample.extra
            row = CopiedRow(start + place, key, extra.get("source", ""), extra.get("subset", ""))
            yield PlannedCopy(row, copied, tuple(numbers[place].tolist()))

    def _origins(self, origins: Origins) -> list[Origin]:
        found: dict[int, Origin] = {}
        for number, source in enumerate(self.sources):
            places = np.flatnonzero(origins.sources == number)
            rows = table_to_rows(source.schema, source.manifest.take(origins.rows[places]))
            for place, row in zip(places.tolist(), rows, strict=True):
                stamp = self.stamps[number][row.shard]
                found[place] = Origin(number, source.shard(row.shard), row, stamp)
        return [found[place] for place in range(len(origins.rows))]


def plan_edit(
    edit: Edit, parameters: dict[str, Any], contents: dict[str, str], kept: dict[str, KeptShard]
) -> PlannedBuild:
    """Plan the shards of an edit.

    `contents` holds the hashes of the sources; `kept` holds shards of earlier plans, which only a
    retry of drops has. Raises `DatasetError` if a shard of a source is missing.
    """
    files = [_stat_shards(number, source) for number, source in enumerate(edit.sources)]
    stamps = tuple(
        {
            file["name"].decode(): Stamp(file["bytes"], file["changed_ns"])
            for file in table.to_pylist()
        }
        for table in files
    )
    parts = dict(_parts(edit))
    order = np.concatenate([*parts.values()])
    copies = PlannedCopies(edit.sources, stamps, edit.entries.take(order))
    shards = PlannedShards([*parts], [len(part) for part in parts.values()], copies)
    plan = Plan(shards, (), len(order), edit.warnings)
    return PlannedBuild(
        plan, fingerprint(plan, parameters, contents, pa.concat_tables(files), kept)
    )


def kind_of(source: int) -> str:
    """Return how a fingerprint names the shards of a source."""
    return f"shards of source {source + 1}"


def _stat_shards(number: int, source: Dataset) -> pa.Table:
    """Return the sizes and times of shards. At a URL, only their hashes tell them apart."""
    shards = source.description.shards
    if isinstance(source.place, RemoteFolder):
        kinds = [kind_of(number)] * len(shards)
        columns = [kinds, [each.name.encode() for each in shards], [each.bytes for each in shards]]
        return pa.table([*columns, [NO_TIME] * len(shards)], schema=COLUMNS)
    for shard in shards:
        existing(source.path, shard.name)
    names = pa.array([shard.name for shard in shards], pa.binary())
    return stat_files(kind_of(number), source.path, names)


def _parts(edit: Edit) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield the name of each new shard and the numbers of its entries, split by split."""
    splits = np.array(edit.entries.splits)
    for split in dict.fromkeys(edit.entries.splits):
        mine = np.flatnonzero(splits == split)
        for number, part in enumerate(_cut(edit, mine)):
            yield shard_name(split, number), mine[part]


def _cut(edit: Edit, mine: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cut entries into shards: by size, or where the source shard changes."""
    if edit.shard_megabytes is not None:
        return cut_evenly(edit.sizes()[mine], PackingOptions(edit.shard_megabytes))
    codes = _shard_codes(edit)[mine]
    return np.split(np.arange(len(mine)), np.flatnonzero(np.diff(codes)) + 1)


def _shard_codes(edit: Edit) -> NDArray[np.int64]:
    """Return a number of the source shard of each entry, shaped (entries,)."""
    origins = edit.entries.origins[0]
    codes, first = np.zeros(len(origins.rows), np.int64), 0
    for number, source in enumerate(edit.sources):
        counts = [shard.samples for shard in source.description.shards]
        of_row = first + np.repeat(np.arange(len(counts)), counts)
        mine = origins.sources == number
        codes[mine] = of_row[origins.rows[mine]]
        first += len(counts)
    return codes
