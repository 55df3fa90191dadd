"""Publishing: a file under its final name is whole, whenever the process or the machine dies.

The bytes go to a unique temporary name in the same folder, are flushed to the disk, and are then
renamed, which POSIX makes atomic; the folder is flushed last, so that the name survives too.
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
"""How the name of every unfinished file ends, and of no finished one."""
_TEMPORARY_NAME = re.compile(r".+\.[0-9a-f]{16}\.tmp")

NOT_FOR_FOLDERS = (errno.EINVAL, errno.EBADF)
"""What file systems answer that cannot flush folders; PostgreSQL ignores the same, for folders only
(`fsync_fname_ext`, src/backend/storage/file/fd.c)."""

Permit = Callable[[], AbstractContextManager[None]]
"""Makes the context in which a file is begun, or gets its final name; it may refuse by raising."""


@contextmanager
def publishing(path: Path, permit: Permit = nullcontext) -> Iterator[BinaryIO]:
    """Yield a new binary file that takes its final name only when the block ends without error."""
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
        error.filename = error.filename or str(path)  # a full disk does not say what it was for
        raise
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def publish(path: Path, data: bytes, permit: Permit = nullcontext) -> None:
    """Write a whole file, or none."""
    with publishing(path, permit) as file:
        file.write(data)


def remove_temporaries(folder: Path) -> None:
    """Remove what killed processes left unfinished in a folder and below it."""
    for path in folder.rglob(f"*{TEMPORARY}"):
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
