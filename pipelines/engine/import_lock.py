"""The lock of the folder of an import: one import at a time may write into it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipelines.engine.run_lock import expect_lock, is_taken

LOCK = "imports.lock"
"""Lock file of the importing process, which removes it at the end."""


@contextmanager
def only_import(out: Path) -> Iterator[None]:
    """Lock a folder during the block; the folder is made, and removed if it is empty at the end.

    Raises `AbortedError`, before the block runs, if another process imports into the folder.
    """
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    out.mkdir(parents=True, exist_ok=True)
    path = out / LOCK
    with path.open("a+b") as lock:
        expect_lock(out, lock, "import")
        _expect_current(out, lock)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            with suppress(OSError):
                for folder in made:
                    folder.rmdir()


def _expect_current(out: Path, lock: BinaryIO) -> None:
    """Raise `AbortedError` if another import has removed the file between its opening and lock."""
    try:
        current = os.path.samestat((out / LOCK).stat(), os.fstat(lock.fileno()))
    except FileNotFoundError:
        current = False
    if not current:
        raise is_taken(out, "import")
