"""The lock of an output folder: one run at a time may write, and no worker of an earlier run.

The driver holds a lock. The operating system releases it however the driver dies. This also works
on a folder shared by several machines if flock(2) reaches the server (NFS: since Linux 2.6.12).
Workers run for a moment after their driver was killed, and a driver that was suspended may find
that another run has taken its folder. Therefore every run writes its token into the folder, and
checks the token before it begins a file, renames a file to its final name or removes a file.
`while_run_is_current` is the permit of a build. `while_finished` is the permit of code that adds a
file to a finished dataset.
"""

import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from motiondata.locks import try_lock
from pipelines.engine.errors import AbortedError
from shards.format.paths import DATASET, LOCK, RECEIPTS, RUN, inside
from shards.format.publishing import remove_temporaries

DYING_SECONDS = 2.0
"""How long to wait for a lock: the forked children of a killed driver hold it until they die."""


@contextmanager
def locked_run(out: Path) -> Iterator[str]:
    """Hold the lock of a folder during the block, and yield the run's token.

    Removes unfinished files before and after the block. Raises `AbortedError` if another run holds
    the lock.
    """
    inside(out, RECEIPTS).mkdir(parents=True, exist_ok=True)
    with inside(out, LOCK).open("a+b", buffering=0) as lock:
        _lock(out, lock)
        token = _begin(out)
        remove_temporaries(out)
        try:
            yield token
        finally:
            with suppress(AbortedError, FileNotFoundError), while_run_is_current(out, token):
                remove_temporaries(out)


@contextmanager
def while_run_is_current(out: Path, token: str) -> Iterator[None]:
    """Prevent other runs from beginning while the block begins, renames or removes a file.

    Raises `AbortedError`, before the block runs, if another run has begun.
    """
    with inside(out, RUN).open("rb", buffering=0) as run:
        fcntl.flock(run, fcntl.LOCK_SH)
        if run.read() != token.encode():
            raise AbortedError(f"{out}: another run has begun there, so this one ends")
        yield


@contextmanager
def while_finished(path: Path, dataset_json: bytes) -> Iterator[None]:
    """Prevent builds from beginning while the block writes or renames a file in a finished dataset.

    `dataset_json` is the content of the dataset's description when the dataset was opened. Raises
    `AbortedError`, before the block runs, if a build is running in the folder or if the folder now
    holds another dataset. A dataset that was copied without its receipts has no lock; only its
    description is compared.
    """
    with ExitStack() as stack:
        with suppress(FileNotFoundError):
            lock = stack.enter_context(inside(path, LOCK).open("rb", buffering=0))
            if not try_lock(lock, shared=True):
                raise AbortedError(
                    f"{path}: a build is writing there; run this again after its end"
                )
        if _read(path / DATASET) != dataset_json:
            raise AbortedError(
                f"{path}: its {DATASET} was replaced or removed since it was read, so nothing was "
                "written there; run the same command again for the dataset that is there now"
            )
        yield


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def expect_unoccupied(out: Path) -> None:
    """Raise `AbortedError` if another run holds the lock of a folder. Write nothing."""
    path = inside(out, LOCK)
    if path.exists():
        with path.open("rb", buffering=0) as lock:
            if not try_lock(lock, shared=True):
                raise _occupied(out, lock)


def _lock(out: Path, lock: BinaryIO) -> None:
    """Take the driver's lock, and write the process and the host into the file."""
    until = time.monotonic() + DYING_SECONDS
    while not try_lock(lock):
        if time.monotonic() > until:
            raise _occupied(out, lock)
        time.sleep(DYING_SECONDS / 20)
    lock.truncate(0)
    lock.write(f"process {os.getpid()} on {socket.gethostname()}".encode())


def _occupied(out: Path, lock: BinaryIO) -> AbortedError:
    lock.seek(0)
    return AbortedError(
        f"{out}: another build is writing there ({lock.read().decode(errors='replace')}); "
        "wait for its end, or choose another --out"
    )


def _begin(out: Path) -> str:
    token = secrets.token_hex(8)
    with inside(out, RUN).open("a+b", buffering=0) as run:
        fcntl.flock(run, fcntl.LOCK_EX)
        run.truncate(0)
        run.write(token.encode())
    return token
