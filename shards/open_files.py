"""A dataset's shards, opened when they are read: few at once, checked, and safe to fork.

Positioned reads, not memory maps: they fail with an error and not with SIGBUS when a file is cut
short, keep no pages mapped, and share no file position between forked workers. The kernel is asked
to read ahead what fits into its cache: small reads in random order would leave a disk mostly idle.
"""

import os
import weakref
from collections import OrderedDict
from typing import Any

from shards.dataset import Dataset
from shards.description import ShardEntry
from shards.errors import DatasetError
from shards.prefetching import prefetch
from shards.reading import ShardReader

OPEN_SHARDS = 256
"""Shards kept open at once, a quarter of the 1,024 files that systems allow a process."""

CACHED_BYTES = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
"""A dataset up to this size is read ahead: half of the memory, so that it stays in the cache."""


class ShardFiles:
    """A dataset's shards, opened when read, checked then, and closed when too many are open."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._reads_ahead = sum(shard.bytes for shard in self.shards) <= CACHED_BYTES
        self._open: OrderedDict[int, ShardReader] = OrderedDict()
        weakref.finalize(self, _close_all, self._open)

    def __reduce__(self) -> tuple[Any, ...]:
        return ShardFiles, (self.dataset,)

    @property
    def shards(self) -> tuple[ShardEntry, ...]:
        """All shards, by the numbers that they are read by."""
        return self.dataset.description.shards

    def descriptor(self, shard: int) -> int:
        """Return the descriptor of a shard's open file; valid until the next is asked for."""
        reader = self._open.get(shard)
        if reader is None:
            reader = self._open[shard] = ShardReader(self.dataset.path, self.shards[shard])
            if self._reads_ahead:
                prefetch(reader.file.fileno())
        self._open.move_to_end(shard)
        if len(self._open) > OPEN_SHARDS:
            self._open.popitem(last=False)[1].close()
        return reader.file.fileno()

    def bytes_at(self, shard: int, offset: int, size: int) -> bytes:
        """Return a part of a shard."""
        data = os.pread(self.descriptor(shard), size, max(offset, 0))
        if offset < 0 or len(data) != size:
            raise self.cut_short(shard, offset)
        return data

    def cut_short(self, shard: int, offset: int) -> DatasetError:
        """Return the error of a shard that has not the bytes that the manifest says lie there."""
        return DatasetError(
            self.shards[shard].name,
            f"ends before what the manifest says lies at byte {offset}: it is damaged, or was cut "
            "short while it was read",
        )


def _close_all(readers: OrderedDict[int, ShardReader]) -> None:
    for reader in readers.values():
        reader.close()
