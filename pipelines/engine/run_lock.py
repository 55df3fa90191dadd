"""The lock of an output folder: one run at a time may write, and no worker of an earlier run.

The driver holds a lock. The operating system releases it however the driver dies. This also works
on a folder shared by several machines if flock(2) reaches the server (NFS: since Linux 2.6.12).
Workers run for a moment after their driver was killed, and a driver that was suspended may find
that another run has taken its folder. Therefore every run writes its token into the folder, and
checks the token before it begins a file, renames a file to its final name or removes a file.
"""

import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from motiondata.locks import try_lock
from pipelines.engine.errors import AbortedError
from shards.format.paths import LOCK, RECEIPTS, RUN, inside
from shards.format.publishing import remove_temporaries

DYING_SECONDS = 2.0
"""How long to wait for a lock: the forked children of a killed driver hold it until they die."""
WAIT_OR_CHOOSE = "wait for its end, or choose another --out"


def expect_lock(out: Path, lock: BinaryIO, job: str) -> None:
    """Lock an open file of a folder for a job, such as an export, until the file is closed.

    Raises `AbortedError` if another process holds the lock.
    """
    if not try_lock(lock):
        raise is_taken(out, job)


def is_taken(out: Path, job: str, holder: str = "", advice: str = WAIT_OR_CHOOSE) -> AbortedError:
    """Return the error for a folder into which another process writes."""
    return AbortedError(f"{out}: another {job} is writing there{holder}; {advice}")


@dataclass(frozen=True)
class RunLock:
    """The lock and the run token of an output folder."""

    path: Path
    """The output folder."""

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock during the block, which may still refuse to write.

        No other file is changed. Raises `AbortedError` if another run holds the lock.
        """
        inside(self.path, RECEIPTS).mkdir(parents=True, exist_ok=True)
        with inside(self.path, LOCK).open("a+b", buffering=0) as lock:
            self._acquire(lock)
            yield

    @contextmanager
    def begin_run(self) -> Iterator[str]:
        """Begin a run while the lock is held, and yield its token.

        Removes unfinished files before and after the block.
        """
        token = self._write_token()
        remove_temporaries(self.path)
        try:
            yield token
        finally:
            with suppress(AbortedError, FileNotFoundError), self.while_current(token):
                remove_temporaries(self.path)

    @contextmanager
    def while_current(self, token: str) -> Iterator[None]:
        """Prevent other runs from beginning while the block begins, renames or removes a file.

        Raises `AbortedError`, before the block runs, if another run than that of `token` has begun.
        """
        with inside(self.path, RUN).open("rb", buffering=0) as run:
            fcntl.flock(run, fcntl.LOCK_SH)
            if run.read() != token.encode():
                raise AbortedError(f"{self.path}: another run has begun there, so this one ends")
            yield

    @contextmanager
    def while_idle(self) -> Iterator[None]:
        """Prevent builds from beginning while the block adds a file to a finished dataset.

        Raises `AbortedError`, before the block runs, if a build is running. A dataset that was
        copied without its receipts has no lock, and no build can be running in it.
        """
        with ExitStack() as stack:
            with suppress(FileNotFoundError):
                lock = stack.enter_context(inside(self.path, LOCK).open("rb", buffering=0))
                if not try_lock(lock, shared=True):
                    raise self._is_held(lock, "run this again after its end")
            yield

    def expect_free(self) -> None:
        """Raise `AbortedError` if another run holds the lock. Write nothing."""
        path = inside(self.path, LOCK)
        if path.exists():
            with path.open("rb", buffering=0) as lock:
                if not try_lock(lock, shared=True):
                    raise self._is_held(lock)

    def _acquire(self, lock: BinaryIO) -> None:
        """Take the driver's lock, and write the process and the host into the file."""
        until = time.monotonic() + DYING_SECONDS
        while not try_lock(lock):
            if time.monotonic() > until:
                raise self._is_held(lock)
            time.sleep(DYING_SECONDS / 20)
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {socket.gethostname()}".encode())

    def _is_held(self, lock: BinaryIO, advice: str = WAIT_OR_CHOOSE) -> AbortedError:
        lock.seek(0)
        holder = lock.read().decode(errors="replace")
        return is_taken(self.path, "build", f" ({holder})", advice)

    def _write_token(self) -> str:
        token = secrets.token_hex(8)
        with inside(self.path, RUN).open("a+b", buffering=0) as run:
            fcntl.flock(run, fcntl.LOCK_EX)
            run.truncate(0)
            run.write(token.encode())
        return token
