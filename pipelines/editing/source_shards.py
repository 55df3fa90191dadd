"""The shards of the sources of an edit: compared with their hashes once, and then read.

A shard at a URL is fetched into the cache of shards, which hashes it on its way, so that it is read
once. Where the cache has no room, it is hashed first, and its samples are requested afterwards.
"""

import os

from shards.errors import DatasetError
from shards.format.description import ShardEntry
from shards.format.hashing import hash_of
from shards.format.places import Place
from shards.format.reading import ShardReader
from shards.remote.cache import ShardCache
from shards.remote.folder import RemoteFolder
from shards.stream.cache_filler import CacheFiller, cached


class SourceShards:
    """Opens source shards whose hashes were compared in this process."""

    def __init__(self) -> None:
        self._sound: set[tuple[Place, ShardEntry]] = set()
        """The shards whose hashes were compared, at their places or in the cache."""
        self._hashed: set[tuple[Place, ShardEntry]] = set()
        """The shards that were hashed at their places."""

    def expect_sound(self, place: Place, shard: ShardEntry) -> None:
        """Raise `DatasetError` for a shard with other bytes than those that were recorded."""
        if (place, shard) in self._sound:
            return
        if not _is_fetched(place, shard):
            self._hash(place, shard)
        self._sound.add((place, shard))

    def open(self, place: Place, shard: ShardEntry) -> ShardReader:
        """Return the reader of a shard; raise `DatasetError` if it has other bytes.

        A shard that the cache has no longer is hashed at its place.
        """
        descriptor = _cached_descriptor(place, shard)
        if descriptor is None:
            self._hash(place, shard)
            return ShardReader(place, shard)
        return ShardReader(place, shard, os.fdopen(descriptor, "rb"))

    def _hash(self, place: Place, shard: ShardEntry) -> None:
        """Hash a shard at its place, once; raise `DatasetError` if it is damaged."""
        if (place, shard) in self._hashed:
            return
        if hash_of(place, shard.name) != shard.blake3:
            raise DatasetError(
                f"{place}/{shard.name}", "is damaged; verify the dataset, and copy it again"
            )
        self._hashed.add((place, shard))


def _is_fetched(place: Place, shard: ShardEntry) -> bool:
    """Fetch a shard at a URL into the cache, and tell whether it is there, with its hash.

    It is on the disk then: what an edit reads is written to another dataset with a new hash.
    """
    if isinstance(place, RemoteFolder):
        filler = CacheFiller(place, ShardCache.of_environment())
        filler.fetch([shard])
        filler.finish()
    descriptor = _cached_descriptor(place, shard)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def _cached_descriptor(place: Place, shard: ShardEntry) -> int | None:
    cache = ShardCache.of_environment() if isinstance(place, RemoteFolder) else None
    return None if cache is None else cache.open(cached(shard))
