"""A dataset's shards, opened when they are read: few at once, checked, and safe to fork.

Positioned reads, not memory maps: they fail with an error and not with SIGBUS when a file is cut
short, keep no pages mapped, and share no file position between forked workers. The kernel is asked
to read ahead what fits into its cache: small reads in random order would leave a disk mostly idle.
"""

import os
import weakref
from collections import OrderedDict
from resource import RLIMIT_NOFILE, getrlimit
from typing import TYPE_CHECKING, Any

from shards.dataset import Dataset
from shards.description import ShardEntry
from shards.errors import DatasetError
from shards.memory import memory_bytes
from shards.paths import existing
from shards.prefetching import prefetch
from shards.reading import check_size

if TYPE_CHECKING:
    from pathlib import Path

MOST_OPEN_SHARDS = 4096
_QUARTER = getrlimit(RLIMIT_NOFILE)[0] // 4
"""Of the files that the system allows this process; below 0 if it allows any number."""
OPEN_SHARDS = min(_QUARTER, MOST_OPEN_SHARDS) if _QUARTER > 0 else MOST_OPEN_SHARDS
"""Shards kept open at once: mostly 256, a quarter of 1,024 files."""

CACHED_BYTES = memory_bytes() // 2
"""A dataset up to this size is read ahead: half of the memory, so that it stays in the cache."""


class ShardFiles:
    """A dataset's shards, opened when read, checked then, and closed when too many are open.

    Processes may be forked with it; threads need one each.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._reads_ahead = sum(shard.bytes for shard in self.shards) <= CACHED_BYTES
        self._paths: dict[int, Path] = {}
        """Of the shards that have been opened once."""
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

    def _opened(self, shard: int) -> int:
        """Open a shard: thousands are opened again and again, but found and asked for only once."""
        first, entry = shard not in self._paths, self.shards[shard]
        if first:
            self._paths[shard] = existing(self.dataset.path, entry.name)
        descriptor = os.open(self._paths[shard], os.O_RDONLY)
        try:
            check_size(entry, os.fstat(descriptor).st_size)
        except DatasetError:
            os.close(descriptor)
            raise
        if first and self._reads_ahead:
            prefetch(descriptor)
        return descriptor

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


def _close_all(descriptors: OrderedDict[int, int]) -> None:
    for descriptor in descriptors.values():
        os.close(descriptor)
