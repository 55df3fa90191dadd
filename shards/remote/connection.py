"""Requests to one server: a limited number at once, each with a time limit and several tries.

This is the only module that knows `fsspec`. Its file systems belong to the process that made them,
so a `Connection` does too. Errors of servers and of their libraries become `RemoteError`.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from shards.errors import ShardError
from shards.optional import install_command
from shards.remote.urls import without_secrets

T = TypeVar("T")
S = TypeVar("S")

SLOWEST = 2**20
"""Bytes per second that a request may count on, in addition to the seconds that it may wait."""
LONGEST_PAUSE = 5.0
"""Most seconds between two tries."""
FINAL = (PermissionError, IsADirectoryError, NotImplementedError, ValueError)
"""Errors that another try would not change."""
MISSING = (404, 410)
TEMPORARY = (408, 429)
"""Statuses of HTTP for a file that is not there, and for a request that may be tried again."""
STAMPS = ("ETag", "etag", "md5Hash", "generation", "blob_id", "LastModified", "mtime", "created")
"""What file systems call the values that change with a file's content."""


OTHER_PACKAGES = {"gs": "gcsfs", "gcs": "gcsfs", "hf": "huggingface_hub"}
"""The packages that are in no extra, by the kind of URL that they read."""
IN_EXTRA = ("s3", "s3a", "http", "https", "memory")
"""The kinds of URLs that the packages of the extra `remote` read."""


class RemoteError(ShardError):
    """Raised when a server does not answer, or answers wrongly, after all tries."""


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
            found = self._try(name, "info")
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
            if len(data) != size:
                raise EOFError(f"found {len(data)} bytes for a range of {size}")

        if not size:
            return b""
        stop = start + size
        return bytes(self._try(name, "cat_file", start=start, end=stop, size=size, check=check))

    def names(self) -> list[str] | None:
        """Return the names of all files; None if the server has no lists, as with HTTP."""
        if {"http", "https"} & {*_protocols(self._files)}:
            return None
        found = self._try("", "find", size=2**30)
        return [path.removeprefix(self._root.strip("/")).lstrip("/") for path in _stripped(found)]

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        self._try(name, "pipe_file", data, size=len(data))

    def put(self, name: str, path: Path) -> None:
        """Write a local file, whole or not at all."""
        size = path.stat().st_size
        self._try(name, "put_file", path, size=size)

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        if self.state(name) is not None:
            self._try(name, "rm_file")

    def _try(
        self,
        name: str,
        method: str,
        *arguments: Any,
        size: int = 0,
        check: Callable[[Any], None] = lambda _: None,
        **named: int,
    ) -> Any:
        """Call a method of the file system until it succeeds, at most `tries` times."""
        for number in range(1, self.limits.tries + 1):
            try:
                found = self._call(method, name, arguments, named, size)
                check(found)
            except Exception as raised:  # noqa: BLE001  each library of a server raises its own
                error = _failure(raised)
                if isinstance(error, FileNotFoundError):
                    raise FileNotFoundError(name) from None
                if _is_final(error) or number == self.limits.tries:
                    raise RemoteError(_sentence(f"{self._shown}/{name}", error, number)) from None
                time.sleep(min(0.1 * 2**number, LONGEST_PAUSE))
            else:
                return found
        raise AssertionError("at least one try is made")

    def _call(
        self, method: str, name: str, arguments: tuple[Any, ...], named: dict[str, int], size: int
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


def file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path in it."""
    try:
        from fsspec.core import url_to_fs

        files, root = url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
    except ImportError as error:
        raise RemoteError(
            f"{without_secrets(url)}: a package that reads this kind of URL is not installed "
            f"({error.msg}){_what_installs(url, error)}"
        ) from None
    except Exception as error:  # noqa: BLE001  each library of a server raises its own
        raise RemoteError(_sentence(url, error, 1)) from None
    return files, str(root).rstrip("/")


def _what_installs(url: str, error: ImportError) -> str:
    """Return the command that installs what reads a URL; nothing if only the error names it."""
    kind = url.split(":")[0]
    if error.name == "fsspec" or kind in IN_EXTRA:
        return f"; run {install_command('remote')}"
    return f"; run pip install {OTHER_PACKAGES[kind]}" if kind in OTHER_PACKAGES else ""


def _failure(error: Exception) -> Exception:
    """Return what failed: for HTTP, `fsspec` calls every failure to find out a size "not found"."""
    cause = error.__cause__
    if not isinstance(error, FileNotFoundError) or not isinstance(cause, Exception):
        return error
    is_of_http = type(cause).__module__.startswith("aiohttp")
    return cause if is_of_http and getattr(cause, "status", None) not in MISSING else error


def _is_final(error: Exception) -> bool:
    """Tell whether another try would not help: the request is wrong or forbidden."""
    status = getattr(error, "status", 0)
    return isinstance(error, FINAL) or (400 <= status < 500 and status not in TEMPORARY)


def _protocols(files: Any) -> tuple[str, ...]:
    return (files.protocol,) if isinstance(files.protocol, str) else tuple(files.protocol)


def _stripped(paths: Iterable[str]) -> list[str]:
    return [path.lstrip("/") for path in paths]


def _sentence(where: str, error: Exception, tries: int) -> str:
    """Describe a failure without what a library may have put into its text."""
    status = getattr(error, "status", None)
    text = f"status {status}" if status else without_secrets(" ".join(str(error).split()))
    times = "" if tries == 1 else f" after {tries} tries"
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"{without_secrets(where)}: the server did not give it{times} ({reason[:300]})"
