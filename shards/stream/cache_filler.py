"""Fetches whole shards into the cache: at once, or in a thread if they are read often."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from shards.errors import DatasetError, ShardError
from shards.format.description import ShardEntry
from shards.remote.cache import CachedShard, DamagedError, ShardCache
from shards.remote.folder import RemoteFolder
from shards.stream.read_ahead import read_ahead

OFTEN = 4
"""Ranges of a shard after which the whole shard is fetched: one clip alone needs fewer."""
SHARDS_AT_ONCE = 4
"""Shards that are fetched in parallel, if all of them are needed at once."""
CHUNK_BYTES = 2**23
CHUNKS_AHEAD = 4
"""The size of the ranges in which a shard is fetched, and how many are requested at once."""


def cached(shard: ShardEntry) -> CachedShard:
    """Return what identifies a shard in the cache."""
    return CachedShard(shard.blake3, shard.bytes)


class CacheFiller:
    """Fetches shards in the order in which they are wanted, until the cache is full."""

    def __init__(self, folder: RemoteFolder, cache: ShardCache | None) -> None:
        self._folder, self._cache = folder, cache
        self._counts: Counter[str] = Counter()
        self._damaged: set[str] = set()
        self._wanted: SimpleQueue[ShardEntry] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        """One lock by shard, so that threads that need a shard wait for the one that fetches it."""
        self._has_room = cache is not None

    def count(self, shards: Iterable[ShardEntry]) -> None:
        """Note that ranges of shards were read.

        Raises `DatasetError` if one of them was fetched and has not the hash that it should have.
        """
        if self._cache is None:
            return
        for shard in shards:
            if shard.name in self._damaged:
                raise DatasetError(
                    shard.name,
                    f"is damaged in {self._folder}: its hash differs from the recorded one; copy "
                    "it there again",
                )
            self._counts[shard.name] += 1
            if self._counts[shard.name] == OFTEN:
                self._want(shard)

    def fetch(self, shards: Iterable[ShardEntry]) -> None:
        """Fetch shards now, in parallel, as long as the cache has room; readers report failures."""
        if self._has_room:
            with ThreadPoolExecutor(SHARDS_AT_ONCE, "fetch") as pool:
                list(pool.map(self._fetch_once, shards))

    def _want(self, shard: ShardEntry) -> None:
        self._wanted.put(shard)
        if self._thread is None:
            self._thread = threading.Thread(target=self._fill, name="cache", daemon=True)
            self._thread.start()

    def _fill(self) -> None:
        """Fetch what is wanted until the cache is full."""
        while self._has_room:
            self._fetch_once(self._wanted.get())

    def _fetch_once(self, shard: ShardEntry) -> None:
        """Fetch a shard unless it is in the cache; readers report what fails."""
        with self._locks[shard.name]:
            try:
                self._has_room &= self._fetch(shard)
            except DamagedError:
                self._damaged.add(shard.name)
            except (ShardError, OSError):
                return

    def _fetch(self, shard: ShardEntry) -> bool:
        if self._cache is None:
            return False
        before = self._folder.state(shard.name)
        try:
            return self._cache.fill(cached(shard), lambda: self._chunks(shard))
        except DamagedError:
            if before == self._folder.state(shard.name):
                raise
        return True

    def _chunks(self, shard: ShardEntry) -> Iterator[bytes]:
        def read(start: int) -> bytes:
            return self._folder.read_range(shard.name, start, min(CHUNK_BYTES, shard.bytes - start))

        return read_ahead(read, range(0, shard.bytes, CHUNK_BYTES), CHUNKS_AHEAD)
