"""Take a file lock, or wait for it, and find the process that holds it.

`flock(2)` does not report the holder of a lock; Linux lists the holders in `/proc/locks` by inode.
"""

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

POLL_SECONDS = 0.05


def try_lock(lock: BinaryIO, shared: bool = False) -> bool:
    """Try to lock an open file. Return False if another process holds a conflicting lock.

    Several processes may hold a shared lock. On NFS, an exclusive lock needs a file that is open
    for writing (flock(2)).
    """
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(
    file: BinaryIO, announce: Callable[[str], None], quiet_seconds: float, most_seconds: float
) -> bool:
    """Lock an open file exclusively; return whether this succeeded within `most_seconds`.

    After `quiet_seconds` of waiting, `announce` is called once with the holder of the lock. Also
    returns False on file systems that cannot lock, such as NFS for files opened for reading.
    """
    begun, announced = time.monotonic(), False
    while True:
        try:
            if try_lock(file):
                return True
        except OSError:
            return False
        waited = time.monotonic() - begun
        if waited >= most_seconds:
            return False
        if not announced and waited >= quiet_seconds:
            announced = True
            announce(holder_of(file))
        time.sleep(POLL_SECONDS)


def holder_of(file: BinaryIO) -> str:
    """Describe the process that holds the lock of a file by its number and command."""
    inode, another = os.fstat(file.fileno()).st_ino, "another process"
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/locks").read_text().splitlines():
            # Such as "2: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF"; waiters have "->" second.
            fields = line.split()
            if fields[1] == "FLOCK" and int(fields[5].rpartition(":")[2]) == inode:
                return f"process {fields[4]}{_command(int(fields[4]))}"
    return another


def _command(process: int) -> str:
    with suppress(OSError):
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return f" ({' '.join(words).strip()[:60]})"
    return ""
