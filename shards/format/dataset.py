"""A finished dataset: its folder, the contents of `dataset.json`, and the manifest.

Opening checks everything that can be checked without reading a shard, so a `Dataset` is safe to
index by. Shards are checked as they are opened; `shards.verify` checks them completely.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from shards.errors import DatasetError, ShardError
from shards.format.description import (
    Description,
    ShardEntry,
    description_to_json,
    json_to_description,
)
from shards.format.hashing import hash_bytes
from shards.format.manifest import ManifestRow, parquet_to_manifest, table_to_rows
from shards.format.paths import DATASET, MANIFEST, RECEIPTS, TRAIN
from shards.format.places import (
    Place,
    has_file,
    local_folder,
    place_of,
    read_file,
    read_if_there,
)
from shards.format.publishing import Permit, publish
from shards.format.schema import Schema
from shards.format.tables import TableEntry, parquet_to_table
from shards.format.unknown_names import near_key
from shards.remote.folder import RemoteFolder


@dataclass(frozen=True)
class Dataset:
    """A folder of shards whose description and manifest are complete and consistent."""

    place: Place
    """A folder of this machine, absolute, or a folder at a URL."""
    description: Description
    manifest: pa.Table
    """One row per sample, in shard order; `shards.format.manifest` defines the columns."""

    @staticmethod
    def open(path: str | Place) -> "Dataset":
        """Open a finished dataset; raise `DatasetError` with the reason where that fails.

        A path is made absolute, so that a later change of the working directory does not matter.
        """
        path = place_of(path)
        path = path.absolute() if isinstance(path, Path) else path
        description = read_description(path)
        data = read_table_file(path, description.tables[0])
        manifest = parquet_to_manifest(description.schema, data)
        _check_rows(description, manifest)
        return Dataset(path, description, manifest)

    @property
    def path(self) -> Path:
        """The folder of this machine; raises `ShardError` for a dataset at a URL."""
        return local_folder(self.place)

    @property
    def schema(self) -> Schema:
        """The members of every sample."""
        return self.description.schema

    @property
    def content_hash(self) -> str:
        """The hash of all shards, which identifies the dataset."""
        return self.description.content_hash

    def shards_of(self, split: str) -> tuple[ShardEntry, ...]:
        """Return a split's shards in order."""
        return self.description.shards_of(split)

    def default_split(self) -> str:
        """Return `train`, or else the only split; raise `ShardError` with the splits to choose."""
        splits = self.description.splits
        if TRAIN in splits or len(splits) == 1:
            return TRAIN if TRAIN in splits else splits[0]
        choice = f"choose a split from {', '.join(splits)}" if splits else "it has no samples"
        raise ShardError(f"{self.place}: there is no split {TRAIN!r}; {choice}")

    def rows_of(self, shard: ShardEntry) -> list[ManifestRow]:
        """Return the manifest rows of a shard's samples, in their order in the shard."""
        return table_to_rows(
            self.schema, self.manifest.slice(self._starts[shard.name], shard.samples)
        )

    def row(self, key: str) -> ManifestRow:
        """Return the manifest row of a sample; raise `ShardError` for an unknown key."""
        if key not in self._numbers:
            nearest = near_key(key, self._numbers)
            raise ShardError(f"{self.place}: there is no sample {key!r}{nearest}")
        return table_to_rows(self.schema, self.manifest.slice(self._numbers[key], 1))[0]

    def shard(self, name: str) -> ShardEntry:
        """Return the entry of a shard by its name in the manifest."""
        return self._entries[name]

    @cached_property
    def _entries(self) -> dict[str, ShardEntry]:
        return {shard.name: shard for shard in self.description.shards}

    @cached_property
    def _starts(self) -> dict[str, int]:
        return {shard.name: start for shard, start, _ in _slices(self.description)}

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {key: number for number, key in enumerate(self.manifest["key"].to_pylist())}


def write_dataset_json(out: Path, description: Description, permit: Permit = nullcontext) -> None:
    """Publish `dataset.json`, which marks a folder of shards as a finished dataset."""
    publish(out / DATASET, description_to_json(description), permit)


def read_description(path: str | Place) -> Description:
    """Return the contents of `dataset.json`; raise `DatasetError` for a folder without it."""
    path = place_of(path)
    data = read_if_there(path, DATASET)
    if data is None:
        raise _not_finished(path)
    return json_to_description(data)


def expect_finished(path: Place) -> None:
    """Raise `DatasetError` for a place without `dataset.json`: it is no dataset, or not yet."""
    if not has_file(path, DATASET):
        raise _not_finished(path)


def _not_finished(path: Place) -> DatasetError:
    return DatasetError(str(path), f"not a finished dataset: {_describe_place(path)}")


def _describe_place(path: Place) -> str:
    """Describe what was found in place of a dataset, and what to do."""
    if isinstance(path, RemoteFolder):
        return f"expected a folder with {DATASET}, found none"
    if not path.is_dir():
        return f"expected a folder with {DATASET}, found {'a file' if path.exists() else 'nothing'}"
    if (path / RECEIPTS).is_dir():
        return f"it has no {DATASET} yet; run its build again to finish it"
    below = sorted(file.parent for file in path.glob(f"*/{DATASET}"))
    hint = f"; there is one in {below[0]}" if below else ""
    return f"it has no {DATASET}{hint}"


def read_table_file(path: Place, table: TableEntry) -> bytes:
    """Return the bytes of a dataset's table, checked against `dataset.json`."""
    data = read_file(path, table.name)
    if len(data) != table.bytes:
        raise DatasetError(table.name, f"has {len(data)} bytes; {DATASET} records {table.bytes}")
    if hash_bytes(data) != table.blake3:
        raise DatasetError(table.name, f"is damaged: its hash differs from the one in {DATASET}")
    return data


def read_drops(dataset: Dataset) -> pa.Table:
    """Return the dropped rows; raise `DatasetError` where the file is missing or damaged."""
    table = dataset.description.tables[1]
    return parquet_to_table(read_table_file(dataset.place, table), table.name)


def _check_rows(description: Description, manifest: pa.Table) -> None:
    """Raise unless the manifest's rows follow the shard order and match their frame counts."""
    keys = manifest["key"].to_pylist()
    samples = sum(shard.samples for shard in description.shards)
    if len(keys) != samples:
        raise DatasetError(MANIFEST, f"has {len(keys)} rows; {DATASET} records {samples} samples")
    if len(set(map(str.casefold, keys))) != len(keys):
        raise DatasetError(MANIFEST, "contains the same key twice, ignoring case")
    names, splits = manifest["shard"].to_pylist(), manifest["split"].to_pylist()
    # pyarrow's `to_numpy` imports pandas, which takes longer than the rest of opening.
    frames = np.array(manifest["frames"].to_pylist(), np.float64)
    for shard, start, stop in _slices(description):
        if {*names[start:stop]} != {shard.name} or {*splits[start:stop]} != {shard.split}:
            raise DatasetError(MANIFEST, f"the rows of {shard.name} are not in order")
        if np.any((frames[start:stop] < 0) | (frames[start:stop] > shard.bytes)):
            raise DatasetError(MANIFEST, f"records impossible numbers of frames in {shard.name}")
        if frames[start:stop].sum() != shard.frames:
            raise DatasetError(MANIFEST, f"counts other frames in {shard.name} than {DATASET}")


def _slices(description: Description) -> Iterator[tuple[ShardEntry, int, int]]:
    """Yield each shard with the start and the (exclusive) stop of its rows in the manifest."""
    start = 0
    for shard in description.shards:
        yield shard, start, start + shard.samples
        start += shard.samples
