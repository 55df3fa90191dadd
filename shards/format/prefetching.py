"""Prefetch files: ask the operating system to read them into its cache in advance.

The system reads while the process computes, so that a slow disk or file server causes one wait and
not one per file. Where this is not supported, as on macOS, files are read when they are needed.
"""

import os
from contextlib import suppress
from pathlib import Path


def prefetch(descriptor: int) -> None:
    """Prefetch a whole open file; ignore a refusal by the system."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)


def prefetch_file(path: Path) -> None:
    """Prefetch a file if it can be opened; its reader reports any error."""
    with suppress(OSError, ValueError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # opening a FIFO would block
        try:
            prefetch(descriptor)
        finally:
            os.close(descriptor)
