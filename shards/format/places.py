"""Where a dataset is: a folder of this machine, or a folder at a URL.

Everything that reads files of a dataset reads them through these functions. Only they tell the two
kinds of places apart.
"""

import os
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from shards.errors import DatasetError, ShardError
from shards.format.paths import check_name, existing
from shards.remote.file import RemoteFile
from shards.remote.folder import RemoteFolder
from shards.remote.urls import is_url, without_secrets

Place = Path | RemoteFolder
"""A dataset's folder."""

LOCAL_URL = "file://"


def place_of(path: str | os.PathLike[str] | RemoteFolder) -> Place:
    """Return the place that a path or a URL names; raise `ShardError` for a URL in a `Path`."""
    if isinstance(path, RemoteFolder):
        return path
    if not is_url(path):
        return Path(path)
    if not isinstance(path, str):
        shown = without_secrets(os.fspath(path))
        raise ShardError(f"{shown}: expected a URL as text, found it as a Path")
    if path.startswith(LOCAL_URL):
        return Path(path.removeprefix(LOCAL_URL))
    return RemoteFolder(path)


def local_folder(place: Place) -> Path:
    """Return a place as a folder of this machine; raise `ShardError` for a URL."""
    if isinstance(place, RemoteFolder):
        raise ShardError(
            f"{place}: expected a folder of this machine, found a URL; copy the dataset first: "
            f"motiondata copy {place} FOLDER"
        )
    return place


def is_inside(path: Path, place: Place) -> bool:
    """Tell whether a path of this machine is a place or is in it."""
    return isinstance(place, Path) and path.resolve().is_relative_to(place.resolve())


def name_of(place: Place) -> str:
    """Return the name of a place: the last part of its path or URL."""
    return place.resolve().name if isinstance(place, Path) else place.name


def has_file(place: Place, name: str) -> bool:
    """Tell whether there is a file with this name."""
    if isinstance(place, RemoteFolder):
        return place.state(check_name(str(place), name)) is not None
    return (place / name).exists()


def file_size(place: Place, name: str) -> int:
    """Return the size of a file in bytes; raise `DatasetError` if there is none."""
    if isinstance(place, RemoteFolder):
        return RemoteFile(place, check_name(str(place), name)).state.bytes
    return existing(place, name).stat().st_size


def read_file(place: Place, name: str) -> bytes:
    """Return the bytes of a file; raise `DatasetError` if there is none."""
    if isinstance(place, RemoteFolder):
        data = read_if_there(place, name)
        if data is None:
            raise DatasetError(name, f"expected a file in {place}, found nothing")
        return data
    return existing(place, name).read_bytes()


def read_if_there(place: Place, name: str) -> bytes | None:
    """Return the bytes of a file, by one request; None if there is none."""
    if isinstance(place, RemoteFolder):
        try:
            return place.read(check_name(str(place), name))
        except FileNotFoundError:
            return None
    return existing(place, name).read_bytes() if (place / name).exists() else None


def open_file(place: Place, name: str) -> BufferedReader | RemoteFile:
    """Open a file for reading; raise `DatasetError` if there is none."""
    if isinstance(place, RemoteFolder):
        return RemoteFile(place, check_name(str(place), name))
    return existing(place, name).open("rb")


def file_names(place: Place) -> Iterator[str]:
    """Yield the names of all files; none if a server has no lists, as with HTTP.

    Symbolic links to folders count as files.
    """
    if isinstance(place, RemoteFolder):
        yield from place.names() or ()
        return
    for folder, folders, files in os.walk(place):
        below = Path(folder).relative_to(place)
        links = [name for name in folders if Path(folder, name).is_symlink()]
        yield from ((below / name).as_posix() for name in (*files, *links))
