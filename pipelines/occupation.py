"""Whose a build's folder is: one run's at a time, and no longer that of the workers it outlived.

The driver holds a lock, which the system takes back however the driver dies; on a folder shared by
machines too, where flock(2) reaches the server (NFS does so since Linux 2.6.12). Workers go on for
a moment after their driver was killed, so every run leaves its token in the folder: a file of
another run is never begun, and never gets its final name.
"""

import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import AbortedError
from shards.paths import LOCK, RECEIPTS, RUN, inside
from shards.publishing import remove_temporaries

DYING_SECONDS = 2.0
"""How long a lock is waited for: a killed driver's forked children have it until they die too."""


@contextmanager
def occupying(out: Path) -> Iterator[str]:
    """Hold a folder while the block runs, and yield the run's token; unfinished files go.

    Raises `AbortedError` where another run holds it.
    """
    inside(out, RECEIPTS).mkdir(parents=True, exist_ok=True)
    with inside(out, LOCK).open("a+b", buffering=0) as lock:
        _lock(out, lock)
        token = _begin(out)
        remove_temporaries(out)
        try:
            yield token
        finally:
            remove_temporaries(out)


@contextmanager
def while_occupied(out: Path, token: str) -> Iterator[None]:
    """Keep other runs from beginning while the block begins a file or gives it its final name.

    Raises `AbortedError`, before the block, where one has begun.
    """
    with inside(out, RUN).open("rb", buffering=0) as run:
        fcntl.flock(run, fcntl.LOCK_SH)
        if run.read() != token.encode():
            raise AbortedError(f"{out}: another run has begun there, so this one ends")
        yield


def try_lock(lock: BinaryIO) -> bool:
    """Take the lock of a file that is open for writing, unless another process has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock(out: Path, lock: BinaryIO) -> None:
    """Take the driver's lock and say in it whose it is."""
    until = time.monotonic() + DYING_SECONDS
    while not try_lock(lock):
        if time.monotonic() > until:
            lock.seek(0)
            raise AbortedError(
                f"{out}: another build is writing there ({lock.read().decode(errors='replace')}); "
                "wait for its end, or choose another --out"
            )
        time.sleep(DYING_SECONDS / 20)
    lock.truncate(0)
    lock.write(f"process {os.getpid()} on {socket.gethostname()}".encode())


def _begin(out: Path) -> str:
    token = secrets.token_hex(8)
    with inside(out, RUN).open("a+b", buffering=0) as run:
        fcntl.flock(run, fcntl.LOCK_EX)
        run.truncate(0)
        run.write(token.encode())
    return token
