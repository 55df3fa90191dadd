"""Requests to one server: a limited number at once, each with a time limit and several tries.

File systems of `fsspec` belong to the process that made them, so a `Connection` does too. Errors of
servers and of their libraries become `RemoteError`.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from shards.remote.failures import RemoteError, failure, is_final, sentence
from shards.remote.file_systems import (
    HUB,
    WITHOUT_LISTS,
    file_system,
    kinds,
    range_options,
    state_options,
)
from shards.remote.quiet_uploads import quietly
from shards.remote.urls import without_secrets

T = TypeVar("T")
S = TypeVar("S")

SLOWEST = 2**20
"""Bytes per second that a request may count on, in addition to the seconds that it may wait."""
LONGEST_PAUSE = 5.0
"""Most seconds between two tries."""
STAMPS = ("ETag", "etag", "md5Hash", "generation", "blob_id", "LastModified", "mtime", "created")
"""What file systems call the values that change with a file's content."""


@dataclass(frozen=True)
class Limits:
    """Limits on the requests of one process to one folder."""

    requests: int = 32
    """Requests in flight at once."""
    tries: int = 5
    """Tries of a request before it fails."""
    seconds: float = 30.0
    """Seconds that one try may take, and one more for each MiB."""


@dataclass(frozen=True)
class FileState:
    """The size of a remote file, and what identifies its content."""

    bytes: int
    stamps: tuple[str, ...]
    """Entity tags, hashes and times, as far as the server gives them."""


class Connection:
    """The file system of a URL, in one process."""

    def __init__(self, url: str, limits: Limits) -> None:
        self.limits = limits
        self._shown = without_secrets(url)
        self._files, self._root = file_system(url)
        self._pool = ThreadPoolExecutor(limits.requests, "remote")

    def each(self, action: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """Return the results of an action for all items, in order, by requests in parallel."""
        return list(self._pool.map(action, items))

    def state(self, name: str) -> FileState | None:
        """Return the state of a file; None if there is no such file."""
        try:
            found = self._try(name, "info", **state_options(self._files))
        except FileNotFoundError:
            return None
        if found.get("type") == "directory":
            return None
        if found.get("size") is None:
            raise RemoteError(f"{self._shown}/{name}: the server does not tell its size")
        return FileState(found["size"], tuple(str(found[key]) for key in STAMPS if key in found))

    def read(self, name: str) -> bytes:
        """Return a whole file; raise `FileNotFoundError` if there is none."""
        data: bytes = self._try(name, "cat_file")
        return data

    def read_range(self, name: str, start: int, size: int) -> bytes:
        """Return `size` bytes of a file at `start`, exactly."""

        def check(data: bytes) -> None:
            found = f"found {len(data)} bytes for a range of {size}"
            if len(data) > size:
                raise NotImplementedError(f"{found}: the server does not answer ranges")
            if len(data) < size:
                raise EOFError(found)

        if not size:
            return b""
        stop = start + size
        named = {"start": start, "end": stop, **range_options(self._files, stop)}
        return bytes(self._try(name, "cat_file", expected=size, check=check, **named))

    def names(self) -> list[str] | None:
        """Return the names of all files; None if the server has no lists, as with HTTP.

        A bucket that does not exist has none. Consoles of clouds mark an empty folder by an object
        whose name ends with a slash: no file.
        """
        if WITHOUT_LISTS & kinds(self._files):
            return None
        try:
            found = self._try("", "find", expected=2**30)
        except FileNotFoundError:
            return []
        files = [path for path in _stripped(found) if not path.endswith("/")]
        return [path.removeprefix(self._root.strip("/")).lstrip("/") for path in files]

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        self._write(name, "pipe_file", data, len(data))

    def put(self, name: str, path: Path) -> None:
        """Write a local file, whole or not at all."""
        self._write(name, "put_file", path, path.stat().st_size)

    def _write(self, name: str, method: str, what: bytes | Path, size: int) -> None:
        bars = quietly() if HUB in kinds(self._files) else nullcontext()
        try:
            with bars:
                self._try(name, method, what, expected=size)
        except FileNotFoundError:
            raise RemoteError(
                f"{self._shown}: expected a bucket or a repository to write to, found none; create "
                "it first"
            ) from None

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        if self.state(name) is not None:
            self._try(name, "rm_file")

    def _try(
        self,
        name: str,
        method: str,
        *arguments: Any,
        expected: int = 0,
        check: Callable[[Any], None] = lambda _: None,
        **named: Any,
    ) -> Any:
        """Call a method of the file system, which moves `expected` bytes, until it succeeds."""

        def call() -> Any:
            found = self._call(method, name, arguments, named, expected)
            check(found)
            return found

        try:
            return tried(call, f"{self._shown}/{name}", self.limits.tries)
        except FileNotFoundError:
            raise FileNotFoundError(name) from None

    def _call(
        self, method: str, name: str, arguments: tuple[Any, ...], named: dict[str, Any], size: int
    ) -> Any:
        seconds = self.limits.seconds + size / SLOWEST
        path = f"{self._root}/{name}" if name else self._root
        ordered = (*arguments, path) if method == "put_file" else (path, *arguments)
        if not self._files.async_impl:
            return getattr(self._files, method)(*ordered, **named)
        import asyncio  # late, as a folder of this machine needs none of it

        work = getattr(self._files, f"_{method}")(*ordered, **named)
        answer = asyncio.run_coroutine_threadsafe(work, self._files.loop)
        try:
            return answer.result(seconds)
        except TimeoutError:
            answer.cancel()
            raise TimeoutError(f"no answer within {seconds:.0f} s") from None


def tried(call: Callable[[], T], where: str, tries: int) -> T:
    """Return what a call returns, which is tried again after failures that may pass.

    Raises `FileNotFoundError` if there is nothing, and `RemoteError` after the last try.
    """
    for number in range(1, tries + 1):
        try:
            return call()
        except Exception as raised:  # noqa: BLE001  each library of a server raises its own
            error = failure(raised)
            if isinstance(error, FileNotFoundError):
                raise FileNotFoundError(where) from None
            if is_final(error) or number == tries:
                raise RemoteError(sentence(where, error, number)) from None
            time.sleep(min(0.1 * 2**number, LONGEST_PAUSE))
    raise AssertionError("at least one try is made")


def _stripped(paths: Iterable[str]) -> list[str]:
    return [path.lstrip("/") for path in paths]
