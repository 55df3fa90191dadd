"""Files that a user named or an archive holds, where anything may lie under their names.

To open a pipe waits for ever, and a device may give bytes for ever: only plain files are read.
"""

import errno
import os
from pathlib import Path


def expect_plain_file(path: Path) -> None:
    """Raise `OSError` where something else than a file lies there; nothing at all may."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "found something else than a file", str(path))


def read_small_file(path: Path, most: int) -> bytes:
    """Read a file of `most` bytes at the most; raises `OSError` where it is none, or is larger."""
    expect_plain_file(path)
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content
