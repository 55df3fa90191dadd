"""Fetches whole shards into the cache, by a few threads: first those that a batch waits for."""

import itertools
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from queue import Empty, PriorityQueue

from shards.errors import DatasetError, ShardError
from shards.format.description import ShardEntry
from shards.remote.cache import CachedShard, DamagedError, ShardCache
from shards.remote.folder import RemoteFolder
from shards.stream.read_ahead import read_ahead

OFTEN = 4
"""Ranges of a shard after which the whole shard is fetched: one clip alone needs fewer."""
SHARDS_AT_ONCE = 8
"""Shards that are fetched in parallel. More would only share the same bandwidth."""
CHUNK_BYTES = 12 * 2**20
CHUNKS_AHEAD = 2
"""The size of the ranges in which a shard is fetched, and how many are requested at once. Amazon
advises ranges of 8 to 16 MB. A process has at most three ranges of each shard in memory."""
NOW, LATER = 0, 1
"""The order in which shards are fetched."""


def cached(shard: ShardEntry) -> CachedShard:
    """Return what identifies a shard in the cache."""
    return CachedShard(shard.blake3, shard.bytes)


class CacheFiller:
    """Fetches the shards that are wanted until the cache is full."""

    def __init__(self, folder: RemoteFolder, cache: ShardCache | None) -> None:
        self._folder, self._cache = folder, cache
        self._counts: Counter[str] = Counter()
        self._damaged: set[str] = set()
        self._queue: PriorityQueue[tuple[int, int, ShardEntry]] = PriorityQueue()
        """Shards with their order. One that is wanted sooner than first said is here twice."""
        self._numbers = itertools.count()
        self._fetched: dict[str, Future[None]] = {}
        """What is done when a wanted shard was fetched or has failed, by name."""
        self._started: set[str] = set()
        """Names of the wanted shards that a thread is fetching."""
        self._lock = threading.Lock()
        """Held while the attributes above and the number of threads change."""
        self._threads = 0
        self._has_room = cache is not None
        self._settling = ThreadPoolExecutor(1, "settle")
        """Waits for the disk, which no reader needs to do."""
        self.lost: set[str] = set()
        """Names of the shards that the disk refused after they could be read from the cache."""

    def count(self, shards: Sequence[ShardEntry]) -> None:
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
        with self._lock:
            self._counts.update(shard.name for shard in shards)
            often = [shard for shard in shards if self._counts[shard.name] >= OFTEN]
        self.want(often)

    def fetch(self, shards: Iterable[ShardEntry]) -> None:
        """Fetch shards now, as long as the cache has room; readers report failures."""
        for _ in self.fetched(shards):
            pass

    def fetched(self, shards: Iterable[ShardEntry]) -> Iterator[ShardEntry]:
        """Fetch shards now, and yield each when it was fetched or has failed."""
        if self._has_room:
            awaited = {self._expect(shard, NOW): shard for shard in shards}
            for future in as_completed(awaited):
                future.result()
                yield awaited[future]

    def finish(self) -> None:
        """Wait until what was fetched is on the disk, or is removed; nothing is fetched later."""
        self._settling.shutdown()

    def want(self, shards: Iterable[ShardEntry]) -> None:
        """Fetch shards in the background."""
        for shard in shards:
            if self._has_room and shard.name not in self._fetched:
                self._expect(shard, LATER)

    def _expect(self, shard: ShardEntry, order: int) -> Future[None]:
        with self._lock:
            if shard.name in self._started:
                return self._fetched[shard.name]
            self._queue.put((order, next(self._numbers), shard))
            if self._threads < SHARDS_AT_ONCE:
                self._threads += 1
                threading.Thread(target=self._work, name="cache", daemon=True).start()
            return self._fetched.setdefault(shard.name, Future())

    def _work(self) -> None:
        """Fetch what is wanted until nothing is left."""
        while (shard := self._next()) is not None:
            try:
                self._fetch_once(shard)
            except Exception as error:  # noqa: BLE001  raised again where the shard is waited for
                self._finish(shard).set_exception(error)
            else:
                self._finish(shard).set_result(None)

    def _finish(self, shard: ShardEntry) -> Future[None]:
        """Forget that a shard was wanted: one that failed, or is removed, can be wanted again."""
        with self._lock:
            self._started.discard(shard.name)
            self._counts.pop(shard.name, None)
            return self._fetched.pop(shard.name)

    def _next(self) -> ShardEntry | None:
        """Return a wanted shard that no thread has begun to fetch; None if there is none."""
        with self._lock:
            with suppress(Empty):
                while True:
                    _, _, shard = self._queue.get_nowait()
                    if shard.name in self._fetched and shard.name not in self._started:
                        self._started.add(shard.name)
                        return shard
            self._threads -= 1
            return None

    def _fetch_once(self, shard: ShardEntry) -> None:
        """Fetch a shard unless it is in the cache; readers report what fails."""
        try:
            if self._has_room and not self._fetch(shard):
                self._has_room = False
            elif self._cache is not None:
                self._settling.submit(self._settle, self._cache, shard)
        except DamagedError:
            self._damaged.add(shard.name)
        except (ShardError, OSError):
            return

    def _settle(self, cache: ShardCache, shard: ShardEntry) -> None:
        if not cache.settle(cached(shard)):
            self._has_room = False
            self.lost.add(shard.name)

    def _fetch(self, shard: ShardEntry) -> bool:
        """Fetch a shard, and tell whether the cache has room for more.

        A shard that arrives damaged may have been replaced meanwhile. It is damaged if it arrives
        so again while its state at the server stays the same.
        """
        if self._cache is None:
            return False
        with suppress(DamagedError):
            return self._cache.fill(cached(shard), lambda: self._chunks(shard))
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
