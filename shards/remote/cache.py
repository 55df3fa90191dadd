"""Shards of remote datasets on a local disk: bounded, shared by processes, and never damaged.

A shard is kept whole, under its hash, so that it is the same for every dataset and server. It gets
its final name when its hash was found right, and is read from then on by the process that fetched
it. Once it is on the disk, it gets the time 0 of its last change. Other processes hash a file with
another time before they use it. Locks of the system (`flock`) say which files are being written and
which are in use; they end with their process. Locks of writing are released before the file is
closed: a process that was forked meanwhile has them too, for as long as it lives.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from shards.errors import ShardError

FOLDER_VARIABLE, BYTES_VARIABLE = "MOTIONDATA_CACHE", "MOTIONDATA_CACHE_BYTES"
"""Environment variables: the folder of the cache, and its size; 0 is no cache."""
DEFAULT_BYTES = 32 * 2**30
KEPT, UNFINISHED = ".tar", ".part"
BLOCK_BYTES = 2**20
VERIFIED_NS, UNSETTLED_NS = 0, 10**9
"""The times of the last change of a file whose hash was found right: it is on the disk, or may not
be there yet. Every later change sets another time."""
_CHECKED: set[tuple[int, int, int]] = set()
"""Device, inode and time of the last change of the files whose hash this process found right."""


class DamagedError(Exception):
    """Raised for bytes with another hash than that of the shard."""


class CachedShard(NamedTuple):
    """What identifies a shard."""

    digest: str
    bytes: int


@dataclass(frozen=True)
class ShardCache:
    """A folder of shards of at most `limit` bytes in all."""

    folder: Path
    limit: int

    @staticmethod
    def of_environment() -> "ShardCache | None":
        """Return the cache that the environment names, by default in the user's cache folder.

        Returns None for a size of 0, and for a user without a home. Raises `ShardError` for a size
        that is no number of bytes, and for a folder that is a file.
        """
        limit = _limit(os.environ.get(BYTES_VARIABLE) or str(DEFAULT_BYTES))
        named = os.environ.get(FOLDER_VARIABLE)
        folder = Path(named) if named else _default_folder()
        if not limit or folder is None:
            return None
        for path in map(str, (folder, *folder.parents)):
            # `Path.exists` raises where a folder may not be searched
            if os.path.exists(path) and not os.path.isdir(path):  # noqa: PTH110, PTH112
                shown = f"{FOLDER_VARIABLE}={folder}" if named else folder
                raise ShardError(f"{shown}: expected a folder for the cache, {path} is a file")
        return ShardCache(folder, limit)

    def open(self, shard: CachedShard) -> int | None:
        """Return a descriptor of a shard that is here and sound; None otherwise.

        The shard stays here as long as the descriptor is open.
        """
        path = self._path(shard, KEPT)
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:  # nothing is there, or it is another user's
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if _is_sound(descriptor, shard):
            _note_use(descriptor)
            return descriptor
        os.close(descriptor)
        with suppress(OSError):  # another process has removed it, or it is another user's
            path.unlink()
        return None

    def settle(self, shard: CachedShard) -> bool:
        """Wait until a shard is on the disk, and let other processes use it without hashing it.

        Tells whether the disk took it; it is removed if not.
        """
        path = self._path(shard, KEPT)
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:  # it was removed meanwhile
            return True
        try:
            _settle(descriptor)
        except OSError:
            _CHECKED.discard(_identity(os.fstat(descriptor)))
            with suppress(OSError):  # another process has removed it, or the folder is closed
                path.unlink()
            return False
        finally:
            os.close(descriptor)
        return True

    def fill(self, shard: CachedShard, fetch: Callable[[], Iterable[bytes]]) -> bool:
        """Fetch a shard unless it is here or is being fetched; tell whether there is room for it.

        It may not be on the disk yet (`settle`). `fetch` yields its bytes. Raises `DamagedError` if
        they are not those of the shard, and what `fetch` raises; nothing is kept then.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(shard, UNFINISHED)
        if self._path(shard, KEPT).exists():
            return True
        with _own_file(path) as descriptor:
            if descriptor is None:
                return True
            try:
                if not self._make_room(path, descriptor, shard.bytes):
                    return False
                _write(descriptor, shard, fetch())
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            os.utime(descriptor, ns=(time.time_ns(), UNSETTLED_NS))
            _CHECKED.add(_identity(os.fstat(descriptor)))
            with self._locked():
                path.rename(self._path(shard, KEPT))
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let no other process or thread count the files or rename one during the block."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def _path(self, shard: CachedShard, suffix: str) -> Path:
        return self.folder / f"{shard.digest}{suffix}"

    def _make_room(self, path: Path, descriptor: int, size: int) -> bool:
        """Reserve the size of a file, and remove the files that were not used for longest.

        Files in use stay. Tells whether there is room; the file is removed if not.
        """
        with self._locked():
            others = [pair for pair in self._files() if pair[1] != path]
            excess = sum(status.st_size for status, _ in others) + size - self.limit
            by_use = sorted(others, key=lambda pair: pair[0].st_atime_ns)
            for status, file in by_use if size <= self.limit else ():
                if excess > 0 and _remove_unused(file):
                    excess -= status.st_size
            if excess > 0:
                path.unlink()
                return False
            os.posix_fallocate(descriptor, 0, size)
        return True

    def _files(self) -> list[tuple[os.stat_result, Path]]:
        """Return the files that are counted, without those that are removed meanwhile."""
        found = []
        for path in self.folder.iterdir():
            if path.suffix in (KEPT, UNFINISHED):
                with suppress(FileNotFoundError):
                    found.append((path.stat(), path))
        return found


def _default_folder() -> Path | None:
    """Return the folder of the cache in that of the user's caches; None without a home."""
    try:
        user = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:
        return None
    return user / "motiondata" / "shards"


def _limit(text: str) -> int:
    """Return the number of bytes that an environment variable says, at least 0."""
    try:
        return max(int(text), 0)
    except ValueError:
        raise ShardError(
            f"{BYTES_VARIABLE}={text}: expected a number of bytes, or 0 for no cache"
        ) from None


@contextmanager
def _own_file(path: Path) -> Iterator[int | None]:
    """Yield a descriptor of a file that no other process writes; None if another one does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        same = path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino
        yield descriptor if same else None
    except BlockingIOError:
        yield None
    finally:
        _release(descriptor)


def _write(descriptor: int, shard: CachedShard, blocks: Iterable[bytes]) -> None:
    """Write bytes to a file; raise `DamagedError` if they are not those of the shard."""
    digest, place = blake3(), 0
    for block in blocks:
        digest.update(block)
        place += os.pwrite(descriptor, block, place)
    if place != shard.bytes or digest.hexdigest() != shard.digest:
        raise DamagedError


def _is_sound(descriptor: int, shard: CachedShard) -> bool:
    """Tell whether a file has the size and, unless it is unchanged, the hash of a shard."""
    status = os.fstat(descriptor)
    if status.st_size != shard.bytes:
        return False
    if status.st_mtime_ns == VERIFIED_NS or _identity(status) in _CHECKED:
        return True
    digest = blake3()
    for place in range(0, shard.bytes, BLOCK_BYTES):
        digest.update(os.pread(descriptor, BLOCK_BYTES, place))
    if digest.hexdigest() != shard.digest:
        return False
    _CHECKED.add(_identity(status))
    try:
        _settle(descriptor)
    except OSError:  # the disk has lost it
        return False
    return True


def _note_use(descriptor: int) -> None:
    """Set the time of the last use of a file, if it is marked as verified.

    Another thread may mark the others meanwhile, which would be undone. They are new.
    """
    if os.fstat(descriptor).st_mtime_ns == VERIFIED_NS:
        with suppress(OSError):  # another user's cache
            os.utime(descriptor, ns=(time.time_ns(), VERIFIED_NS))


def _settle(descriptor: int) -> None:
    """Mark a file as verified once it is on the disk, if this process has found its hash right.

    Raises `OSError` if the disk refuses it.
    """
    os.fsync(descriptor)
    status = os.fstat(descriptor)
    if _identity(status) in _CHECKED:
        with suppress(OSError):  # another user's cache, or a disk that is only read
            os.utime(descriptor, ns=(status.st_atime_ns, VERIFIED_NS))


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_dev, status.st_ino, status.st_mtime_ns


def _remove_unused(path: Path) -> bool:
    """Remove a file that no process uses or writes, and tell whether it was removed."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        _release(descriptor)
    return True


def _release(descriptor: int) -> None:
    """Release a lock and close its file; a forked process would keep the lock otherwise."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)
