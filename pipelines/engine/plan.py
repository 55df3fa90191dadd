"""A plan, whatever it is a plan of: which rows go to which shards, and which are dropped already.

A million rows must not be a million objects: a plan keeps them in columns, and makes the rows of a
shard when somebody asks for that shard.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.drops import Drop, DroppableRow
from shards.format.paths import split_of


class PlannedRow(Protocol):
    """What a worker has in hand at a time; it yields samples, all of them or none."""

    @property
    def row(self) -> DroppableRow:
        """What is told of it where it yields none."""

    @property
    def recording(self) -> str:
        """What is read for it, as messages call it."""

    @property
    def frames(self) -> int:
        """The frames of all its samples together."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its samples, in order."""

    @property
    def files(self) -> Mapping[str, set[str]]:
        """The names of the files that it is made from, by kind, as a fingerprint has them."""

    @property
    def identity(self) -> list[object]:
        """All that a plan says of it, as JSON: another identity is another plan."""


@dataclass(frozen=True)
class PlannedShard:
    """One tar file to be, and its rows in order."""

    name: str
    """Its path in the dataset's folder, such as `train/000000.tar`."""
    clips: tuple[PlannedRow, ...]

    @property
    def split(self) -> str:
        """The split that it is of."""
        return split_of(self.name)


class RowColumns(Protocol):
    """Rows in columns."""

    @property
    def frames(self) -> NDArray[np.int64]:
        """The frames of each row's samples together, shaped (rows,)."""

    @property
    def samples(self) -> NDArray[np.int64]:
        """The number of each row's samples, shaped (rows,)."""

    def rows(self, start: int, stop: int) -> Iterator[PlannedRow]:
        """Make the rows from one number to another."""


C = TypeVar("C", bound=RowColumns)


class PlannedShards(Sequence[PlannedShard], Generic[C]):
    """The shards of a plan, in its order; each is made anew when it is asked for."""

    def __init__(self, names: Sequence[str], sizes: Sequence[int], columns: C) -> None:
        self.names = tuple(names)
        self.columns = columns
        self._starts = np.cumsum([0, *sizes])

    def __len__(self) -> int:
        return len(self.names)

    def with_columns(self, columns: C) -> "PlannedShards[C]":
        """Return the same shards of the same rows, of which the columns tell more."""
        return PlannedShards(self.names, np.diff(self._starts).tolist(), columns)

    @overload
    def __getitem__(self, number: int) -> PlannedShard: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[PlannedShard]: ...
    def __getitem__(self, number: Any) -> Any:
        """Return a shard, or some of them."""
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        at = range(len(self))[number]
        rows = self.columns.rows(int(self._starts[at]), int(self._starts[at + 1]))
        return PlannedShard(self.names[at], tuple(rows))

    @property
    def frames(self) -> NDArray[np.int64]:
        """The frames of each shard, shaped (shards,)."""
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.columns.frames)])
        frames: NDArray[np.int64] = np.diff(before[self._starts])
        return frames


@dataclass(frozen=True)
class Plan(Generic[C]):
    """Everything that a build will do, and the rows that it already knows it cannot use."""

    shards: PlannedShards[C]
    drops: tuple[Drop, ...]
    rows: int
    """The rows that were considered: planned ones and drops together."""
    warnings: tuple[str, ...] = ()
    """What a report says of the inputs, because nobody would notice it otherwise."""

    def __post_init__(self) -> None:
        planned = len(self.shards.columns.frames)
        if self.rows != planned + len(self.drops):
            raise AssertionError(f"{self.rows} rows, {planned} planned, {len(self.drops)} drops")

    @property
    def clips(self) -> Iterator[PlannedRow]:
        """Iterate over all planned rows, shard by shard."""
        for shard in self.shards:
            yield from shard.clips

    @property
    def frames(self) -> int:
        """The frames of all samples together."""
        return int(self.shards.columns.frames.sum())

    @property
    def samples(self) -> int:
        """The number of samples."""
        return int(self.shards.columns.samples.sum())
