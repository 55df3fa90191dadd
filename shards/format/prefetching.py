"""Prefetching: the system is asked to read files into its cache before they are wanted.

It does so while we compute, so that a slow disk or a file server is waited for once and not at
every file. Where it cannot be asked, as on macOS, files are read when their turn comes.
"""

import os
from contextlib import suppress
from pathlib import Path


def prefetch(descriptor: int) -> None:
    """Ask for the whole of an open file; nothing happens where the system refuses."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)


def prefetch_file(path: Path) -> None:
    """Ask for a file, if it can be opened; whoever reads it will say what is wrong with it."""
    with suppress(OSError, ValueError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for
        try:
            prefetch(descriptor)
        finally:
            os.close(descriptor)
