"""Read untrusted files: those named by the user and those in an archive. Write files atomically.

Only regular files are read, because opening a pipe can block forever, and a device can return bytes
without end. Errors of the operating system are classified by errno(3). Some are permanent errors of
the file and recur with every attempt. All others (EIO, ESTALE, EMFILE, EACCES, ...) are errors of
the machine and do not depend on the file. A file that has changed since the build was planned
counts as an error of the machine: a disk or mount was lost, or the archive is being changed.
"""

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from stat import S_ISREG
from tempfile import TemporaryDirectory
from typing import BinaryIO, NamedTuple

import numpy as np

OF_THE_FILE = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.EINVAL,
        errno.EFBIG,
    }
)
"""The permanent errors of a file. EACCES is not included: with an expired ticket, a file server
returns it for every file."""

OpenFile = Callable[[Path], AbstractContextManager[BinaryIO]]
"""A function that opens a regular file for reading; raises `OSError`."""


class Stamp(NamedTuple):
    """Size and modification time of a file, to detect changes."""

    bytes: int
    changed_ns: int
    """The time of the last modification, nanoseconds since 1970."""

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Return the stamp for a result of `stat`; `NOT_PLAIN` if it is not a regular file."""
        plain = S_ISREG(status.st_mode)
        return cls(status.st_size, status.st_mtime_ns) if plain else NOT_PLAIN

    def __str__(self) -> str:
        return f"{self.bytes:,} bytes of {np.datetime64(self.changed_ns, 'ns')} UTC"


NOT_PLAIN = Stamp(0, 0)
"""The stamp of everything that is not a regular file, whatever its modification time."""


def is_of_the_file(error: OSError) -> bool:
    """Return whether an error is a permanent error of the file, not of the machine."""
    return error.errno in OF_THE_FILE


def expect_of_the_file(error: OSError) -> None:
    """Raise the error again if it is an error of the machine, which is not wrong input.

    A file that the user is not allowed to read (EACCES) counts as wrong input.
    """
    if not is_of_the_file(error) and error.errno != errno.EACCES:
        raise error


def find_stamp(path: Path | bytes) -> Stamp | None:
    """Return the stamp of a file, or None if it does not exist; follows links.

    Raises `OSError` for errors of the machine.
    """
    try:
        return Stamp.of(os.stat(path))  # noqa: PTH116 (a million names, in bytes)
    except OSError as error:
        if not is_of_the_file(error):
            raise
        return None


def expect_plain_file(path: Path) -> None:
    """Raise `OSError` if the path exists but is not a regular file."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "found something other than a file", str(path))


@contextmanager
def open_plain_file(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading; raises `OSError`."""
    expect_plain_file(path)
    with path.open("rb") as file:
        yield file


@contextmanager
def open_as_planned(planned: Stamp | None, path: Path) -> Iterator[BinaryIO]:
    """Open a regular file that must not have changed since the build was planned.

    `planned` is the planned stamp; None means that the file was absent. Raises `FileNotFoundError`
    if the file is absent as planned, and `OSError` (ESTALE, an error of the machine) if the file
    differs from the plan before or after the `with` block.
    """
    try:
        with open_plain_file(path) as file:
            _expect_same(planned, Stamp.of(os.fstat(file.fileno())), path)
            try:
                yield file
            finally:
                _expect_same(planned, Stamp.of(os.fstat(file.fileno())), path)
    except OSError as error:
        error.filename = error.filename or str(path)
        if is_of_the_file(error):
            expect_as_planned(planned, path)
        raise


def expect_as_planned(planned: Stamp | None, path: Path) -> None:
    """Raise `OSError` (ESTALE, an error of the machine) if the file differs from the plan."""
    _expect_same(planned, find_stamp(path), path)


def _expect_same(planned: Stamp | None, found: Stamp | None, path: Path) -> None:
    if found != planned:
        raise OSError(
            errno.ESTALE,
            f"expected the file as it was when the build was planned ({planned or 'absent'}), "
            f"found {found or 'nothing'}: was a mount lost, or the file replaced?",
            str(path),
        )


def read_small_file(path: Path, most: int, open_file: OpenFile = open_plain_file) -> bytes:
    """Read a file of at most `most` bytes; raises `OSError`, also for larger files (EFBIG)."""
    with open_file(path) as file:
        content = file.read(most + 1)
        if len(content) > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


_WHOLE = "tmp"
"""The name of a file or a folder while it is written."""


@contextmanager
def whole_or_absent(path: Path) -> Iterator[Path]:
    """Yield a new path that is renamed to `path` only if the block ends without an error.

    The block may write a file or a folder there. A file, or an empty folder, is replaced. Nothing
    is flushed to disk: these files are input, which can be made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        whole = Path(folder) / _WHOLE
        yield whole
        whole.replace(path)


_UNFINISHED = re.compile(r"\..+\.[a-z0-9_]{8}")
"""Names of the folders of `whole_or_absent`: `tempfile` adds eight characters to a prefix."""


def remove_unfinished(folder: Path) -> None:
    """Remove what `whole_or_absent` left in a folder and its subfolders when it was killed."""
    for path in [*folder.rglob(".*.*")]:
        is_one = _UNFINISHED.fullmatch(path.name) and path.is_dir()
        if is_one and {content.name for content in path.iterdir()} <= {_WHOLE}:
            shutil.rmtree(path)
