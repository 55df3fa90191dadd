"""A folder at a URL, such as `s3://bucket/kit` or `https://host/kit`.

It stands where a `Path` of a dataset's folder stands: it is small, compared by its URL, and sent to
other processes, each of which connects by itself. How to sign in is the business of `fsspec` and of
the server's library: their environment variables and their files are read there.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shards.errors import ShardError
from shards.remote.connection import Connection, FileState, Limits
from shards.remote.hub import HubRepository, is_repository
from shards.remote.per_process import PerProcess
from shards.remote.urls import is_url, without_secrets


class ByteRange(NamedTuple):
    """A part of a file."""

    name: str
    start: int
    size: int


class RemoteFolder:
    """A folder at a URL. Its text is the URL without user and query."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        if not is_url(url) or not url.partition("://")[2].strip("/"):
            raise ShardError(f"{without_secrets(url)}: expected a URL such as s3://bucket/folder")
        if {"?", "#"} & {*url}:
            raise ShardError(
                f"{without_secrets(url)}: expected the URL of a folder, found one with a query or "
                "a fragment, which is of a single file"
            )
        self._url, self.limits = url.rstrip("/"), limits or Limits()
        self._connection = PerProcess(lambda: Connection(self._url, self.limits))

    def __str__(self) -> str:
        return without_secrets(self._url)

    def __repr__(self) -> str:
        return f"RemoteFolder({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteFolder) and other._url == self._url

    def __hash__(self) -> int:
        return hash(self._url)

    def __reduce__(self) -> tuple[Any, ...]:
        return RemoteFolder, (self._url, self.limits)

    def to_json(self) -> str:
        """Return the text of the folder, as reports and provenance have it."""
        return str(self)

    @property
    def name(self) -> str:
        """The last part of the URL."""
        return str(self).rsplit("/", 1)[-1]

    def state(self, name: str) -> FileState | None:
        """Return the state of a file; None if there is no such file."""
        return self._connection.get().state(name)

    def states(self, names: Sequence[str]) -> list[FileState | None]:
        """Return the states of files, asked for in parallel."""
        connection = self._connection.get()
        return connection.each(connection.state, names)

    def read(self, name: str) -> bytes:
        """Return a whole file; raise `FileNotFoundError` if there is none."""
        return self._connection.get().read(name)

    def read_range(self, name: str, start: int, size: int) -> bytes:
        """Return `size` bytes of a file at `start`."""
        return self._connection.get().read_range(name, start, size)

    def read_ranges(self, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return parts of files, read in parallel."""
        connection = self._connection.get()
        return connection.each(lambda part: connection.read_range(*part), ranges)

    def names(self) -> list[str] | None:
        """Return the names of all files; None if the server has no lists, as with HTTP."""
        return self._connection.get().names()

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        self._connection.get().write(name, data)

    def put(self, name: str, path: Path) -> None:
        """Write a local file, whole or not at all."""
        self._connection.get().put(name, path)

    def hub(self) -> HubRepository | None:
        """Return the repository of the Hugging Face Hub that this folder is in, if it is in one."""
        return HubRepository(self._url, self.limits) if is_repository(self._url) else None

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        self._connection.get().remove(name)
