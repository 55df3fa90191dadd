"""Open a dataset's shards on demand: a limited number at once, checked, and safe to fork.

A dataset may be replaced while it is open. `dataset.json` is therefore checked before each batch,
and a shard that is opened again must be the file that was opened first, by inode, size and time.

Shards are read with positioned reads and not memory-mapped: a truncated file then causes an error
and not SIGBUS, no pages stay mapped, and forked workers share no file position. The kernel is asked
to prefetch a dataset that fits into its cache, because small random reads leave a disk mostly idle.
"""

import os
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from resource import RLIMIT_NOFILE, getrlimit
from typing import TYPE_CHECKING, Any, NamedTuple

from shards.errors import DatasetError
from shards.format.dataset import Dataset, read_description
from shards.format.description import ShardEntry
from shards.format.hashing import hash_file
from shards.format.paths import DATASET, existing
from shards.format.prefetching import prefetch
from shards.format.reading import check_size
from shards.stream.memory import memory_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

MOST_OPEN_SHARDS = 4096
_QUARTER = getrlimit(RLIMIT_NOFILE)[0] // 4
"""A quarter of this process's limit on open files; negative if there is no limit."""
OPEN_SHARDS = min(_QUARTER, MOST_OPEN_SHARDS) if _QUARTER > 0 else MOST_OPEN_SHARDS
"""Number of shards kept open: usually 256, a quarter of the usual limit of 1,024 files."""

CACHED_BYTES = memory_bytes() // 2
"""Datasets up to this size are prefetched: half of the memory, so that they stay in the cache."""


FileIdentity = tuple[int, int, int]
"""Identifies a file, to detect a replacement: inode, size in bytes, and modification time in ns."""


class Part(NamedTuple):
    """A part of a shard."""

    shard: int
    offset: int
    size: int


Runs = Iterable[tuple[int, int, int, int]]
"""Parts of shards to copy: shard, offset, size, and the place of the bytes in the target. Those of
a shard follow each other."""


class ShardFiles:
    """A dataset's shards: opened and checked when read, closed when too many are open.

    At most `open_shards` shards are open at once. A dataset of at most `cached_bytes` is
    prefetched. It may be used in forked processes. Each thread needs a separate instance.
    """

    ahead: int = 0
    """Number of batches that are worth reading in advance, in other threads."""

    def __init__(
        self, dataset: Dataset, open_shards: int = OPEN_SHARDS, cached_bytes: int = CACHED_BYTES
    ) -> None:
        self.dataset = dataset
        self._open_shards, self._cached_bytes = open_shards, cached_bytes
        self._reads_ahead = sum(shard.bytes for shard in self.shards) <= cached_bytes
        self._paths: dict[int, Path] = {}
        """Paths of the shards that have been opened, by shard."""
        self._identities: dict[int, FileIdentity] = {}
        """Identities of the shards that have been opened, by shard."""
        self._described: FileIdentity | None = None
        """The identity of `dataset.json` when it last described this dataset."""
        self._open: OrderedDict[int, int] = OrderedDict()
        """File descriptors by shard, the most recently used last."""
        weakref.finalize(self, _close_all, self._open)

    def __reduce__(self) -> tuple[Any, ...]:
        return ShardFiles, (self.dataset, self._open_shards, self._cached_bytes)

    @property
    def shards(self) -> tuple[ShardEntry, ...]:
        """All shards; their indices are the shard numbers in the methods below."""
        return self.dataset.description.shards

    def descriptor(self, shard: int) -> int:
        """Return the file descriptor of a shard; it is valid until the next call."""
        if shard not in self._open:
            self._keep(shard, self._opened(shard))
        self._open.move_to_end(shard)
        return self._open[shard]

    def _keep(self, shard: int, descriptor: int) -> None:
        """Keep a descriptor open, and close the one that was not used for longest if too many."""
        self._open[shard] = descriptor
        if len(self._open) > self._open_shards:
            os.close(self._open.popitem(last=False)[1])

    def plan(self, shards: "NDArray[np.int64]", sizes: "NDArray[np.int64]") -> None:
        """Note that a view will read parts of these sizes of these shards: nothing to do here."""

    def check_unchanged(self) -> None:
        """Raise `DatasetError` if the dataset was removed or replaced since it was opened.

        Calls `stat` once; the file is read only if its inode, size or time has changed.
        """
        try:
            found = _identity((self.dataset.path / DATASET).stat())
        except FileNotFoundError as error:
            raise DatasetError(
                str(self.dataset.path),
                f"{DATASET} was removed since the dataset was opened; wait until its build is "
                "finished, and open it again",
            ) from error
        if found != self._described:
            if read_description(self.dataset.path).content_hash != self.dataset.content_hash:
                raise DatasetError(
                    str(self.dataset.path),
                    "another dataset has replaced the one that was opened; open it again",
                )
            self._described = found

    def _opened(self, shard: int) -> int:
        """Open a shard; resolve its path and prefetch it only the first time."""
        first = shard not in self._paths
        if first:
            self._paths[shard] = existing(self.dataset.path, self.shards[shard].name)
        descriptor = os.open(self._paths[shard], os.O_RDONLY)
        try:
            self._check_file(shard, os.fstat(descriptor))
        except DatasetError:
            os.close(descriptor)
            raise
        if first and self._reads_ahead:
            prefetch(descriptor)
        return descriptor

    def _check_file(self, shard: int, status: os.stat_result) -> None:
        """Raise `DatasetError` unless a file has the shard's size and was not replaced.

        Some file systems change inodes without a reason, so a file with another identity is hashed.
        """
        entry, found = self.shards[shard], _identity(status)
        check_size(entry, status.st_size)
        if self._identities.setdefault(shard, found) != found:
            if hash_file(self._paths[shard]) != entry.blake3:
                raise DatasetError(
                    entry.name, "was replaced by another file since it was opened; open it again"
                )
            self._identities[shard] = found

    def bytes_at(self, shard: int, offset: int, size: int) -> bytes:
        """Return `size` bytes of a shard at `offset`; raise `DatasetError` if they are missing."""
        self.expect_inside(shard, offset, size)
        data = os.pread(self.descriptor(shard), size, offset)
        if len(data) != size:
            raise self.truncated(shard, offset)
        return data

    def parts(self, parts: Sequence[Part]) -> list[bytes]:
        """Return parts of shards; raise `DatasetError` if bytes are missing."""
        return [self.bytes_at(*part) for part in parts]

    def copy(self, target: memoryview, runs: Runs) -> None:
        """Copy parts of shards to their places in a target."""
        opened, descriptor, end, preadv = -1, -1, 0, os.preadv
        for shard, offset, size, place in runs:
            if shard != opened:
                opened, descriptor, end = shard, self.descriptor(shard), self.shards[shard].bytes
            is_inside = 0 <= offset <= end - size
            if not is_inside or preadv(descriptor, (target[place : place + size],), offset) != size:
                raise self.truncated(shard, offset)

    def expect_inside(self, shard: int, offset: int, size: int) -> None:
        """Raise `DatasetError` unless bytes that the manifest records are in the shard."""
        if offset < 0 or size < 0 or offset + size > self.shards[shard].bytes:
            raise self.truncated(shard, offset)

    def truncated(self, shard: int, offset: int) -> DatasetError:
        """Return the error for a shard that ends before the bytes that the manifest lists."""
        return DatasetError(
            self.shards[shard].name,
            f"ends before the data that the manifest records at byte {offset}: it is damaged, or "
            "was truncated while it was read",
        )


def _identity(status: os.stat_result) -> FileIdentity:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _close_all(descriptors: OrderedDict[int, int]) -> None:
    for descriptor in descriptors.values():
        os.close(descriptor)
