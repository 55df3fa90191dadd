"""A dataset's shards, opened when they are read: few at once, checked, and safe to fork.

A dataset may be replaced while it is open. So `dataset.json` is looked at before each batch, and a
shard that is opened again must be the file that was opened first, by inode, size and time.

Positioned reads, not memory maps: they fail with an error and not with SIGBUS when a file is cut
short, keep no pages mapped, and share no file position between forked workers. The kernel is asked
to read ahead what fits into its cache: small reads in random order would leave a disk mostly idle.
"""

import os
import weakref
from collections import OrderedDict
from resource import RLIMIT_NOFILE, getrlimit
from typing import TYPE_CHECKING, Any

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

MOST_OPEN_SHARDS = 4096
_QUARTER = getrlimit(RLIMIT_NOFILE)[0] // 4
"""Of the files that the system allows this process; below 0 if it allows any number."""
OPEN_SHARDS = min(_QUARTER, MOST_OPEN_SHARDS) if _QUARTER > 0 else MOST_OPEN_SHARDS
"""Shards kept open at once: mostly 256, a quarter of 1,024 files."""

CACHED_BYTES = memory_bytes() // 2
"""A dataset up to this size is read ahead: half of the memory, so that it stays in the cache."""


FileIdentity = tuple[int, int, int]
"""What tells a file from one that replaces it: inode, bytes, and time of last change."""


class ShardFiles:
    """A dataset's shards, opened when read, checked then, and closed when too many are open.

    Processes may be forked with it; threads need one each.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._reads_ahead = sum(shard.bytes for shard in self.shards) <= CACHED_BYTES
        self._paths: dict[int, Path] = {}
        """Of the shards that have been opened once."""
        self._identities: dict[int, FileIdentity] = {}
        """Of the same."""
        self._described: FileIdentity | None = None
        """Of `dataset.json`, as it was when it last described this dataset."""
        self._open: OrderedDict[int, int] = OrderedDict()
        """Descriptors, by shard; the one that was asked for last comes last."""
        weakref.finalize(self, _close_all, self._open)

    def __reduce__(self) -> tuple[Any, ...]:
        return ShardFiles, (self.dataset,)

    @property
    def shards(self) -> tuple[ShardEntry, ...]:
        """All shards, by the numbers that they are read by."""
        return self.dataset.description.shards

    def descriptor(self, shard: int) -> int:
        """Return the descriptor of a shard's open file; valid until the next is asked for."""
        if shard not in self._open:
            self._open[shard] = self._opened(shard)
            if len(self._open) > OPEN_SHARDS:
                os.close(self._open.popitem(last=False)[1])
        self._open.move_to_end(shard)
        return self._open[shard]

    def check_unchanged(self) -> None:
        """Raise `DatasetError` if the dataset was removed or replaced since it was opened.

        Costs one look at the file's inode, size and time, unless they have changed.
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
        """Open a shard: thousands are opened again and again, but found and asked for only once."""
        first, entry = shard not in self._paths, self.shards[shard]
        if first:
            self._paths[shard] = existing(self.dataset.path, entry.name)
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
        """Raise unless a file has a shard's size and is the one that was opened first.

        Some file systems change inodes by themselves, so a file that differs is hashed.
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
        """Return a part of a shard."""
        if offset < 0 or size < 0 or offset + size > self.shards[shard].bytes:
            raise self.cut_short(shard, offset)
        data = os.pread(self.descriptor(shard), size, offset)
        if len(data) != size:
            raise self.cut_short(shard, offset)
        return data

    def cut_short(self, shard: int, offset: int) -> DatasetError:
        """Return the error of a shard that has not the bytes that the manifest says lie there."""
        return DatasetError(
            self.shards[shard].name,
            f"ends before what the manifest says lies at byte {offset}: it is damaged, or was cut "
            "short while it was read",
        )


def _identity(status: os.stat_result) -> FileIdentity:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _close_all(descriptors: OrderedDict[int, int]) -> None:
    for descriptor in descriptors.values():
        os.close(descriptor)
