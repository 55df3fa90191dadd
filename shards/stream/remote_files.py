"""The shards of a dataset at a URL, read by ranges.

Many ranges are requested at once. Several threads may read. A shard's state at its server (size,
entity tag, time) is the same before its first and after every range is read, so no batch mixes two
versions of a shard.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from shards.errors import DatasetError
from shards.format.dataset import Dataset, read_description
from shards.format.paths import DATASET
from shards.format.reading import check_size
from shards.remote.connection import FileState
from shards.remote.folder import ByteRange, RemoteFolder
from shards.stream.open_files import Part, Runs, ShardFiles

AHEAD = 4
"""Number of batches that are read in advance."""
CHECK_SECONDS = 5.0
"""Seconds between two questions whether `dataset.json` is still the same."""


def open_files(dataset: Dataset) -> ShardFiles:
    """Return the shards of a dataset, wherever it is."""
    if isinstance(dataset.place, RemoteFolder):
        return RemoteShardFiles(dataset, dataset.place)
    return ShardFiles(dataset)


class RemoteShardFiles(ShardFiles):
    """A dataset's shards at a URL. Threads may share it, and forked processes."""

    ahead = AHEAD

    def __init__(self, dataset: Dataset, folder: RemoteFolder) -> None:
        super().__init__(dataset)
        self._folder = folder
        self._states: dict[int, FileState] = {}
        """States of the shards when they were first read, by shard."""
        self._json_state: FileState | None = None
        self._next_check = 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        return RemoteShardFiles, (self.dataset, self._folder)

    def check_unchanged(self) -> None:
        """Raise `DatasetError` if the dataset was removed or replaced since it was opened."""
        if time.monotonic() < self._next_check:
            return
        self._next_check = time.monotonic() + CHECK_SECONDS
        found = self._folder.state(DATASET)
        if found is None:
            raise DatasetError(
                str(self._folder),
                f"{DATASET} was removed since the dataset was opened; open it again when it is "
                "complete",
            )
        if found != self._json_state:
            if read_description(self._folder).content_hash != self.dataset.content_hash:
                raise DatasetError(
                    str(self._folder),
                    "another dataset has replaced the one that was opened; open it again",
                )
            self._json_state = found

    def bytes_at(self, shard: int, offset: int, size: int) -> bytes:
        """Return `size` bytes of a shard at `offset`; raise `DatasetError` if they are missing."""
        return self.parts([Part(shard, offset, size)])[0]

    def parts(self, parts: Sequence[Part]) -> list[bytes]:
        """Return parts of shards, requested at once; raise `DatasetError` if bytes are missing."""
        for shard, offset, size in parts:
            if offset < 0 or size < 0 or offset + size > self.shards[shard].bytes:
                raise self.truncated(shard, offset)
        return self._fetch(parts)

    def copy(self, target: memoryview, runs: Runs) -> None:
        """Copy parts of shards to their places in a target."""
        wanted = [*runs]
        found = self.parts([Part(shard, offset, size) for shard, offset, size, _ in wanted])
        for (_, _, size, place), data in zip(wanted, found, strict=True):
            target[place : place + size] = data

    def _fetch(self, parts: Sequence[Part]) -> list[bytes]:
        """Return parts of shards whose states are the same before and after."""
        shards = sorted({part.shard for part in parts})
        self._know([shard for shard in shards if shard not in self._states])
        ranges = [ByteRange(self.shards[shard].name, *place) for shard, *place in parts]
        found = self._folder.read_ranges(ranges)
        for shard, state in zip(shards, self._ask(shards), strict=True):
            if state != self._states[shard]:
                raise DatasetError(
                    self.shards[shard].name,
                    f"was replaced in {self._folder} since it was opened; open it again",
                )
        return found

    def _know(self, shards: Sequence[int]) -> None:
        for shard, state in zip(shards, self._ask(shards), strict=True):
            if state is None:
                raise DatasetError(
                    self.shards[shard].name, f"is missing in {self._folder}; copy it again"
                )
            check_size(self.shards[shard], state.bytes)
            self._states[shard] = state

    def _ask(self, shards: Iterable[int]) -> list[FileState | None]:
        return self._folder.states([self.shards[shard].name for shard in shards])
