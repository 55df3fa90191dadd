"""Waiting for a lock that another process holds, and saying which process that is.

`flock(2)` does not say who holds a lock; Linux lists the holders in `/proc/locks` by inode.
"""

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

POLL_SECONDS = 0.05


def wait_for_lock(
    file: BinaryIO, announce: Callable[[str], None], quiet_seconds: float, most_seconds: float
) -> bool:
    """Lock an open file exclusively, and tell whether it could be done in the given time.

    `announce` is called with the holder of the lock when it has been waited for `quiet_seconds`.
    False is returned too on file systems that cannot lock, such as NFS for files open for reading.
    """
    begun, announced = time.monotonic(), False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - begun
        except OSError:
            return False
        else:
            return True
        if waited >= most_seconds:
            return False
        if not announced and waited >= quiet_seconds:
            announced = True
            announce(holder_of(file))
        time.sleep(POLL_SECONDS)


def holder_of(file: BinaryIO) -> str:
    """Return the number and the command of the process that holds the lock of a file, in words."""
    inode, another = os.fstat(file.fileno()).st_ino, "another process"
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/locks").read_text().splitlines():
            # As "2: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF"; waiters have "->" second.
            fields = line.split()
            if fields[1] == "FLOCK" and int(fields[5].rpartition(":")[2]) == inode:
                return f"process {fields[4]}{_command(int(fields[4]))}"
    return another


def _command(process: int) -> str:
    with suppress(OSError):
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return f" ({' '.join(words).strip()[:60]})"
    return ""
