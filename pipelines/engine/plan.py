"""A plan of any product: which rows go to which shards, and which rows are already dropped.

A plan keeps its rows in columns, because a million row objects take too much memory. It creates
the row objects of a shard when that shard is requested.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.engine.drops import Drop, DroppableRow
from shards.format.paths import split_of


class PlannedRow(Protocol):
    """The unit of work of a worker. It yields all of its samples or none."""

    @property
    def row(self) -> DroppableRow:
        """The description of the row that a drop records."""

    @property
    def recording(self) -> str:
        """The recording that is read for the row, as named in messages."""

    @property
    def frames(self) -> int:
        """The total number of frames of its samples."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its samples, in order."""

    @property
    def files(self) -> Mapping[str, set[str]]:
        """The names of its input files, by kind, as listed in a fingerprint."""

    @property
    def identity(self) -> list[object]:
        """All that a plan says about the row, as JSON. Another identity means another plan."""


@dataclass(frozen=True)
class PlannedShard:
    """One planned tar file and its rows, in order."""

    name: str
    """The path in the dataset's folder, such as `train/000000.tar`."""
    clips: tuple[PlannedRow, ...]

    @property
    def split(self) -> str:
        """The split of the shard."""
        return split_of(self.name)


class RowColumns(Protocol):
    """Planned rows, stored in columns."""

    @property
    def frames(self) -> NDArray[np.int64]:
        """The total number of frames of each row's samples, shaped (rows,)."""

    @property
    def samples(self) -> NDArray[np.int64]:
        """The number of each row's samples, shaped (rows,)."""

    def rows(self, start: int, stop: int) -> Iterator[PlannedRow]:
        """Create the rows from `start` up to, but not including, `stop`."""


C = TypeVar("C", bound=RowColumns)


class PlannedShards(Sequence[PlannedShard], Generic[C]):
    """The shards of a plan, in plan order. A shard is created on every access."""

    def __init__(self, names: Sequence[str], sizes: Sequence[int], columns: C) -> None:
        self.names = tuple(names)
        self.columns = columns
        self._starts = np.cumsum([0, *sizes])

    def __len__(self) -> int:
        return len(self.names)

    def with_columns(self, columns: C) -> "PlannedShards[C]":
        """Return the same shards and rows with extended columns."""
        return PlannedShards(self.names, np.diff(self._starts).tolist(), columns)

    @overload
    def __getitem__(self, number: int) -> PlannedShard: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[PlannedShard]: ...
    def __getitem__(self, number: Any) -> Any:
        """Return one shard, or the shards of a slice."""
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        at = range(len(self))[number]
        rows = self.columns.rows(int(self._starts[at]), int(self._starts[at + 1]))
        return PlannedShard(self.names[at], tuple(rows))

    @property
    def frames(self) -> NDArray[np.int64]:
        """The number of frames of each shard, shaped (shards,)."""
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.columns.frames)])
        frames: NDArray[np.int64] = np.diff(before[self._starts])
        return frames


@dataclass(frozen=True)
class Plan(Generic[C]):
    """Everything that a build will do, and the rows that are already known to be unusable."""

    shards: PlannedShards[C]
    drops: tuple[Drop, ...]
    rows: int
    """The number of rows considered: planned rows plus drops."""
    warnings: tuple[str, ...] = ()
    """Warnings about the inputs that a user could otherwise miss."""
    frame_units: str = "frames"
    """What the planned frames are, in the plural: those of samples, or those that are read."""

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
        """The total number of frames of all samples."""
        return int(self.shards.columns.frames.sum())

    @property
    def samples(self) -> int:
        """The number of samples."""
        return int(self.shards.columns.samples.sum())


def expect_kept_samples(shard: str, keys: Sequence[str], planned: Container[str]) -> None:
    """Raise `InputError` if a sample of a shard that is kept unchanged is not planned any more."""
    gone = [key for key in keys if key not in planned]
    if gone:
        raise InputError(
            f"{shard} has {gone[0]}, which can no longer be built: expected the inputs of a built "
            "shard to stay. Choose another --out, or discard what is there with --restart"
        )
