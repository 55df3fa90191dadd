"""Write files atomically: a file with its final name is complete, even after a crash.

The bytes are written to a unique temporary file in the same folder, flushed to disk, and renamed,
which is atomic in POSIX. The folder is flushed last, so that the name survives a power failure too.
"""

import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".tmp"
"""The suffix of every unfinished file; no finished file has it."""
_TEMPORARY_NAME = re.compile(r".+\.[0-9a-f]{16}\.tmp")

NOT_FOR_FOLDERS = (errno.EINVAL, errno.EBADF)
"""Errors of file systems that cannot flush folders. PostgreSQL ignores the same errors, for folders
only (`fsync_fname_ext`, src/backend/storage/file/fd.c)."""

Permit = Callable[[], AbstractContextManager[None]]
"""Returns the context in which a file is created or renamed; it may raise to refuse."""


@contextmanager
def publishing(path: Path, permit: Permit = nullcontext) -> Iterator[BinaryIO]:
    """Yield a new binary file that is renamed to `path` only if the block ends without an error."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}{TEMPORARY}")
    try:
        with permit():
            file = temporary.open("xb")
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with permit():
            temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # the error of a full disk names no file
        raise
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def publish(path: Path, data: bytes, permit: Permit = nullcontext) -> None:
    """Write a complete file atomically."""
    with publishing(path, permit) as file:
        file.write(data)


def remove_temporaries(folder: Path, subfolders: bool = True) -> None:
    """Remove unfinished files of killed processes in a folder, and in its subfolders."""
    found = folder.rglob if subfolders else folder.glob
    for path in [*found(f"*{TEMPORARY}")]:
        if _TEMPORARY_NAME.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(descriptor)
