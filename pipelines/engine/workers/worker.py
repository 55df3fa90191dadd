"""A worker process: it builds shards, and says over a pipe what it has in hand.

It is forked, so that it starts at once with all that its parent has loaded. What it says stays in
the pipe when it dies, so that the row that was in hand is known whatever happens.
"""

import copy
import ctypes
import gc
import multiprocessing
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from pickle import PicklingError

from pipelines.engine.jobs import RowListener, ShardJob
from pipelines.engine.workers.crashes import OUT_OF_MEMORY_EXIT

Work = Callable[[ShardJob, RowListener], object]
"""What a worker does with a job; what that returns is not sent back."""
_PR_SET_PDEATHSIG = 1
"""Of Linux's `prctl`: the signal that a process gets when its parent dies."""


@dataclass(frozen=True)
class RowStarted:
    """Said before a row is begun."""

    row: int


@dataclass(frozen=True)
class RowFinished:
    """Said when a row is done."""

    frames: int


@dataclass(frozen=True)
class ShardFinished:
    """Said when a shard and its receipt lie where they belong."""


class _PipeReporter:
    """A `RowListener` that passes on what it hears."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def row_started(self, row: int) -> None:
        self._connection.send(RowStarted(row))

    def row_finished(self, frames: int) -> None:
        self._connection.send(RowFinished(frames))


class WorkerProcess:
    """A worker process and our end of its pipe."""

    def __init__(self, build: Work, memory_bytes: int) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work,
            args=(theirs, self.pipe, build, memory_bytes, os.getpid()),
            daemon=True,
        )
        # What is garbage here must not be collected there: the end of a client of Ray, such as an
        # earlier build leaves, waits for threads that a forked process has not.
        gc.freeze()
        self._process.start()
        gc.unfreeze()
        theirs.close()

    def kill(self) -> None:
        """Kill the process, if it still runs."""
        self._process.kill()

    def reap(self) -> int | None:
        """Wait for the end of the process, and return its exit code."""
        self._process.join()
        exit_code = self._process.exitcode
        self._process.close()
        self.pipe.close()
        return exit_code


def _work(
    connection: Connection, theirs: Connection, build: Work, memory_bytes: int, parent: int
) -> None:
    """Build the shards whose jobs come over the connection, until it is closed.

    Answers each when it is done, or with the error that is to be raised in the parent, whose end
    of the pipe is inherited and closed.
    """
    exit_with_parent(parent)
    theirs.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _limit_memory(memory_bytes)
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        try:
            build(job, _PipeReporter(connection))
            answer: object = ShardFinished()
        except MemoryError:
            os._exit(OUT_OF_MEMORY_EXIT)
        except BaseException as error:  # noqa: BLE001 (raised in the parent)
            error.add_note(traceback.format_exc())
            answer = error
        _answer(connection, answer)


def _answer(connection: Connection, answer: object) -> None:
    try:
        copy.copy(answer)  # as it is put together again on the other side
        connection.send(answer)
    except (PicklingError, TypeError, AttributeError):  # an error that cannot travel
        told = RuntimeError(repr(answer))
        told.__notes__ = getattr(answer, "__notes__", [])
        connection.send(told)


def exit_with_parent(parent: int) -> None:
    """Let the system kill this process when its parent dies, so that nobody builds on unwatched."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _limit_memory(more: int) -> None:
    """Let allocations fail that would take so many bytes beyond what was inherited.

    Private writable memory is counted, as Linux counts it for `RLIMIT_DATA`: address space that is
    only reserved, and files that are mapped, cost nothing. Where a batch system has set a lower
    limit, that one holds.
    """
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[5])
        _lower_limit(resource.RLIMIT_DATA, pages * resource.getpagesize() + more)
    _lower_limit(resource.RLIMIT_CORE, 0)


def _lower_limit(kind: int, wanted: int) -> None:
    """Set a limit of this process to a value, or keep the lower of its two present ones."""
    present = [limit for limit in resource.getrlimit(kind) if limit != resource.RLIM_INFINITY]
    limit = min([wanted, *present])
    resource.setrlimit(kind, (limit, limit))
