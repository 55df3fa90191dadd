"""An edit: the samples of a new dataset, and the samples that each of them is copied from.

All commands that edit datasets make one of these, and `pipelines.editing.build` carries it out. So
they all resume, verify, and keep the bytes of members in the same way.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.counting import counted
from motiondata.errors import InputError
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.manifest import manifest_columns
from shards.format.members import field_of
from shards.format.paths import NAME
from shards.format.schema import Schema
from shards.format.ustar import BLOCK

TAR_NAME = 100
"""The maximum length of a member's name in a tar file, in characters."""


class CopiedMember(NamedTuple):
    """A member of the new samples."""

    suffix: str
    part: int
    """The number of the origin that it is copied from: 0, or 1 for a member that is joined."""
    spec: ArraySpec | str
    """Its entry in the schema."""


@dataclass(frozen=True, eq=False)
class Origins:
    """Samples of the sources, in columns."""

    sources: NDArray[np.int64]
    """Numbers of the source datasets, shaped (samples,)."""
    rows: NDArray[np.int64]
    """Rows in the manifests of these datasets, shaped (samples,)."""

    @classmethod
    def of(cls, source: int, rows: NDArray[np.int64]) -> "Origins":
        """Return samples of one source."""
        return cls(np.full(len(rows), source), rows)

    def take(self, numbers: NDArray[np.int64]) -> "Origins":
        """Return some of the samples, in the given order."""
        return Origins(self.sources[numbers], self.rows[numbers])


@dataclass(frozen=True, eq=False)
class Entries:
    """The samples of the new dataset, in columns and in order."""

    keys: Sequence[str]
    splits: Sequence[str]
    origins: tuple[Origins, ...]
    """What each sample is copied from. The first one has its manifest columns too."""

    def take(self, numbers: NDArray[np.int64]) -> "Entries":
        """Return some of the samples, in the given order."""
        chosen = numbers.tolist()
        keys, splits = ([of[number] for number in chosen] for of in (self.keys, self.splits))
        return Entries(keys, splits, tuple(origin.take(numbers) for origin in self.origins))


@dataclass(frozen=True, eq=False)
class Edit:
    """A new dataset as a plan over its sources. Raises `InputError` if it would not be one."""

    command: str
    """The name of the command, such as `filter`."""
    options: Mapping[str, Any]
    """The options of the command other than paths."""
    sources: tuple[Dataset, ...]
    entries: Entries
    members: tuple[CopiedMember, ...]
    shard_megabytes: int | None = None
    """The approximate size of a shard, in units of 10^6 bytes; None: the shards of the sources."""
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the report says in addition, by name."""

    def __post_init__(self) -> None:
        if not self.entries.keys:
            raise InputError(f"{self.command}: no sample is left of {self._names}")
        self._expect_keys()

    def _expect_keys(self) -> None:
        counts = Counter(map(str.casefold, self.entries.keys))
        twice = {key.casefold(): key for key in self.entries.keys if counts[key.casefold()] > 1}
        if twice:
            raise InputError(
                f"{self.command}: {self._names}: {counted(len(twice), 'key')} would occur more "
                f"than once, such as {min(twice.values())}; rename samples first with motiondata "
                "rename-keys"
            )
        most = TAR_NAME - 1 - max(len(member.suffix) for member in self.members)
        for key in self.entries.keys:
            if not NAME.fullmatch(key) or len(key) > most:
                raise InputError(
                    f"{self.command}: {key!r} is not a key; expected at most {most} ASCII letters, "
                    "digits, - and _, beginning with a letter or digit"
                )

    @property
    def _names(self) -> str:
        return " and ".join(str(source.place) for source in self.sources)

    @cached_property
    def schema(self) -> Schema:
        """The members of a new sample."""
        return Schema({member.suffix: member.spec for member in self.members})

    @property
    def columns(self) -> pa.Schema:
        """The manifest columns in addition to those of all manifests, which are the first source's.

        All sources that give a sample its columns have the same ones.
        """
        return extra_columns(self.sources[0])

    def sizes(self) -> NDArray[np.int64]:
        """Return the bytes that each sample takes in a tar file, shaped (samples,)."""
        total = np.zeros(len(self.entries.keys), np.int64)
        for part, origins in enumerate(self.entries.origins):
            suffixes = [member.suffix for member in self.members if member.part == part]
            for number, source in enumerate(self.sources):
                mine = origins.sources == number
                total[mine] += _sizes(source, suffixes)[origins.rows[mine]]
        return total


def members_of(dataset: Dataset, part: int = 0) -> tuple[CopiedMember, ...]:
    """Return the members of a dataset, to be copied from an origin."""
    members = dataset.schema.members
    return tuple(CopiedMember(suffix, part, spec) for suffix, spec in members.items())


def extra_columns(dataset: Dataset) -> pa.Schema:
    """Return the manifest columns of a dataset's product."""
    shared = manifest_columns(dataset.schema).names
    return pa.schema([column for column in dataset.manifest.schema if column.name not in shared])


def all_entries(sources: Sequence[Dataset]) -> Entries:
    """Return all samples of datasets, one dataset after the other."""
    keys = [key for source in sources for key in source.manifest["key"].to_pylist()]
    splits = [split for source in sources for split in source.manifest["split"].to_pylist()]
    sizes = [len(source.manifest) for source in sources]
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.concatenate([np.arange(size) for size in sizes])
    return Entries(keys, splits, (Origins(numbers, rows),))


def _sizes(dataset: Dataset, suffixes: Sequence[str]) -> NDArray[np.int64]:
    """Return the bytes that members take with headers and padding, shaped (samples,)."""
    total = np.zeros(len(dataset.manifest), np.int64)
    for suffix in suffixes:
        sizes = dataset.manifest[f"{field_of(suffix)}_size"].to_numpy()
        total += BLOCK + -(-sizes // BLOCK) * BLOCK
    return total
