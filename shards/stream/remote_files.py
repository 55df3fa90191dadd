"""The shards of a dataset at a URL, read by ranges and from a cache on the local disk.

The ranges of a batch are requested at once, and several threads may read. A shard's state at its
server (size, entity tag, time) is the same before its first and after every range is read, so no
batch mixes two versions of a shard. Shards that are read often are fetched into the cache.
"""

import os
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.reading import check_size
from shards.remote.cache import ShardCache
from shards.remote.connection import FileState
from shards.remote.folder import ByteRange, RemoteFolder
from shards.remote.per_process import PerProcess
from shards.stream.cache_filler import CacheFiller, cached
from shards.stream.merged_parts import MOST_GAP, merge_parts, split_merged
from shards.stream.open_files import Part, Runs, ShardFiles

MOSTLY = 0.25
"""The share of a shard from which on the whole shard is fetched; a request counts as `MOST_GAP`."""
MOST_AWAITED = 2**28
"""Bytes of whole shards that a batch may wait for: 3 s at 100 MB/s."""
AHEAD = 4
"""Number of batches that are read in advance."""
Wanted = tuple[memoryview, Part]
"""A part of a shard, and where its bytes go."""


def open_files(dataset: Dataset) -> ShardFiles:
    """Return the shards of a dataset, wherever it is."""
    if isinstance(dataset.place, RemoteFolder):
        return RemoteShardFiles(dataset, dataset.place, ShardCache.of_environment())
    return ShardFiles(dataset)


class RemoteShardFiles(ShardFiles):
    """A dataset's shards at a URL. Threads may share it, and forked processes."""

    def __init__(self, dataset: Dataset, folder: RemoteFolder, cache: ShardCache | None) -> None:
        super().__init__(dataset)
        self._folder, self._cache = folder, cache
        self._states: dict[int, FileState] = {}
        """States of the shards when they were first read, by shard."""
        self._planned = [0] * len(self.shards)
        """The most bytes of each shard that an epoch of a field will read, by shard."""
        self._lock = PerProcess(threading.RLock)
        """Held while descriptors are used, which another thread may close."""
        self._filler = PerProcess(lambda: CacheFiller(folder, cache))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.dataset, self._folder, self._cache, self._planned)

    @property
    def ahead(self) -> int:  # type: ignore[override]
        """The number of batches to read in advance: none if all shards are open in the cache."""
        return 0 if len(self._open) == len(self.shards) else AHEAD

    def plan(self, shards: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        """Note that an epoch will read parts of these sizes of these shards."""
        totals = np.bincount(shards, sizes, len(self.shards)).astype(np.int64).tolist()
        self._planned = [max(pair) for pair in zip(self._planned, totals, strict=True)]

    def check_unchanged(self) -> None:
        """Do nothing: each shard is checked when it is read."""

    def bytes_at(self, shard: int, offset: int, size: int) -> bytes:
        """Return `size` bytes of a shard at `offset`; raise `DatasetError` if they are missing."""
        return self.parts([Part(shard, offset, size)])[0]

    def parts(self, parts: Sequence[Part]) -> list[bytes]:
        """Return parts of shards, requested at once; raise `DatasetError` if bytes are missing."""
        found = [bytearray(part.size) for part in parts]
        self._read([(memoryview(data), part) for data, part in zip(found, parts, strict=True)])
        return [bytes(data) for data in found]

    def copy(self, target: memoryview, runs: Runs) -> None:
        """Copy parts of shards to their places in a target."""
        self._read(
            [
                (target[place : place + size], Part(shard, offset, size))
                for shard, offset, size, place in runs
            ]
        )

    def _read(self, wanted: Sequence[Wanted]) -> None:
        """Read parts into targets, from the cache or else from the server."""
        by_shard: dict[int, list[Wanted]] = defaultdict(list)
        for each in wanted:
            self.expect_inside(*each[1])
            by_shard[each[1].shard].append(each)
        absent = {shard: each for shard, each in by_shard.items() if not self._kept(shard, each)}
        for shard in self._fetch_whole([part for each in absent.values() for _, part in each]):
            if self._kept(shard, absent[shard]):
                del absent[shard]
        pairs = [pair for each in absent.values() for pair in each]
        if pairs:
            found = self._fetch([part for _, part in pairs])
            for (target, _), data in zip(pairs, found, strict=True):
                target[:] = data

    def _fetch_whole(self, parts: Sequence[Part]) -> Iterator[int]:
        """Fetch the shards that will mostly be read, and yield each when it was fetched.

        If they are too large to wait for, they are fetched in the background, and none is yielded.
        """
        requested: Counter[int] = Counter()
        for part, _ in merge_parts(parts):
            requested[part.shard] += part.size + MOST_GAP
        whole = {
            self.shards[number]: number
            for number, size in requested.items()
            if max(size, self._planned[number]) >= self.shards[number].bytes * MOSTLY
        }
        if sum(shard.bytes for shard in whole) > MOST_AWAITED:
            self._filler.get().want(whole)
        elif whole:
            yield from (whole[shard] for shard in self._filler.get().fetched(whole))

    def _kept(self, shard: int, wanted: Sequence[Wanted]) -> bool:
        """Read parts of a shard from the cache, and tell whether it is there."""
        descriptor = self._copied(shard)
        if descriptor is None:
            return False
        try:
            for target, part in wanted:
                if os.preadv(descriptor, (target,), part.offset) != part.size:
                    raise self.truncated(shard, part.offset)
        finally:
            os.close(descriptor)
        return True

    def _copied(self, shard: int) -> int | None:
        """Return a descriptor of a shard in the cache, which no other thread closes."""
        with self._lock.get():
            self._close_lost()
            if shard not in self._open:
                entry = self.shards[shard]
                descriptor = None if self._cache is None else self._cache.open(cached(entry))
                if descriptor is None:
                    return None
                self._keep(shard, descriptor)
            self._open.move_to_end(shard)
            return os.dup(self._open[shard])

    def _close_lost(self) -> None:
        """Close the shards that the disk of the cache refused."""
        lost = self._filler.get().lost
        while lost:
            name = lost.pop()
            for shard in [each for each in self._open if self.shards[each].name == name]:
                os.close(self._open.pop(shard))

    def _fetch(self, parts: Sequence[Part]) -> list[bytes]:
        """Return parts of shards whose states are the same before and after."""
        shards = sorted({part.shard for part in parts})
        self._know([shard for shard in shards if shard not in self._states])
        found = self._request(parts)
        for shard, state in zip(shards, self._ask(shards), strict=True):
            if state != self._states[shard]:
                raise DatasetError(
                    self.shards[shard].name,
                    f"was replaced in {self._folder} since it was opened; open it again",
                )
        self._filler.get().count([self.shards[part.shard] for part in parts])
        return found

    def _request(self, parts: Sequence[Part]) -> list[bytes]:
        """Return parts of shards; parts near each other are one request."""
        merged = merge_parts(parts)
        ranges = [ByteRange(self.shards[part.shard].name, *part[1:]) for part, _ in merged]
        try:
            found = self._folder.read_ranges(ranges)
        except FileNotFoundError as error:
            raise self._missing(str(error)) from None
        pairs = zip(merged, found, strict=True)
        by_number = dict(piece for each, data in pairs for piece in split_merged(parts, each, data))
        return [by_number[number] for number in range(len(parts))]

    def _know(self, shards: Sequence[int]) -> None:
        """Find out the states of shards that are read for the first time."""
        for shard, state in zip(shards, self._ask(shards), strict=True):
            if state is None:
                raise self._missing(self.shards[shard].name)
            check_size(self.shards[shard], state.bytes)
            # The state that another thread asked for meanwhile stays: bytes of it were handed out.
            self._states.setdefault(shard, state)

    def _ask(self, shards: Sequence[int]) -> list[FileState | None]:
        return self._folder.states([self.shards[shard].name for shard in shards])

    def _missing(self, name: str) -> DatasetError:
        return DatasetError(name, f"is missing in {self._folder}; copy it again")


def _restored(
    dataset: Dataset, folder: RemoteFolder, cache: ShardCache | None, planned: list[int]
) -> RemoteShardFiles:
    files = RemoteShardFiles(dataset, folder, cache)
    files._planned = planned
    return files
