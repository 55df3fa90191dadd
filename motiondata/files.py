"""Files that a user named or an archive holds, where anything may lie under their names.

To open a pipe waits for ever, and a device may give bytes for ever: only plain files are read.
What the system answers is sorted by errno(3): some errors are the file's own and come again with
every try; all others (EIO, ESTALE, EMFILE, EACCES, ...) are the machine's, and say nothing of the
file. A file that is not as it was when the work was planned counts as the machine's: its disk or
mount was lost, or somebody is at work in the archive.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from stat import S_ISREG
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
"""Errors that tell what lies under a name. EACCES is none of them: a lapsed ticket of a file server
says so of every file."""

OpenFile = Callable[[Path], AbstractContextManager[BinaryIO]]
"""Opens a plain file for reading; raises `OSError`."""


class Stamp(NamedTuple):
    """What tells a changed file."""

    bytes: int
    changed_ns: int
    """When it was last changed, nanoseconds since 1970."""

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Return the stamp of what `stat` or `fstat` has found; folders and devices have one."""
        plain = S_ISREG(status.st_mode)
        return cls(status.st_size, status.st_mtime_ns) if plain else NOT_PLAIN

    def __str__(self) -> str:
        return f"{self.bytes:,} bytes of {np.datetime64(self.changed_ns, 'ns')} UTC"


NOT_PLAIN = Stamp(0, 0)
"""Of what is no plain file: its time of last change may be any."""


def is_of_the_file(error: OSError) -> bool:
    """Tell whether an error is the file's own, not the machine's."""
    return error.errno in OF_THE_FILE


def expect_of_the_file(error: OSError) -> None:
    """Raise an error again that is the machine's: it is no wrong input of the user's.

    A file that the user named and may not read (EACCES) counts as wrong input.
    """
    if not is_of_the_file(error) and error.errno != errno.EACCES:
        raise error


def find_stamp(path: Path | bytes) -> Stamp | None:
    """Return the stamp of a file, links followed; None where there is none.

    Raises `OSError` where the machine cannot tell.
    """
    try:
        return Stamp.of(os.stat(path))  # noqa: PTH116 (a million names, in bytes)
    except OSError as error:
        if not is_of_the_file(error):
            raise
        return None


def expect_plain_file(path: Path) -> None:
    """Raise `OSError` where something else than a file lies there; nothing at all may."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "found something else than a file", str(path))


@contextmanager
def open_plain_file(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file for reading, whatever it was before. Raises `OSError`."""
    expect_plain_file(path)
    with path.open("rb") as file:
        yield file


@contextmanager
def open_as_planned(planned: Stamp | None, path: Path) -> Iterator[BinaryIO]:
    """Open a plain file that has to be as it was when the work was planned; None: absent.

    Raises `FileNotFoundError` where it is absent as planned, and `OSError` that is not the file's
    own where it is another file than planned, before or after the block.
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
    """Raise `OSError` that is not the file's own where it is another file than planned."""
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
    """Read a file of `most` bytes at the most; raises `OSError` where it is none, or is larger."""
    with open_file(path) as file:
        content = file.read(most + 1)
        if len(content) > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content
