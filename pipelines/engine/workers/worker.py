"""A worker process: it builds shards, and reports the current row over a pipe.

It is forked, so that it starts immediately with everything that its parent has loaded. Its messages
stay in the pipe when it dies, so that the current row is always known.
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
"""The function that a worker calls with a job. Its return value is not sent back."""
_PR_SET_PDEATHSIG = 1
"""The `prctl` option (Linux) that sets the signal a process gets when its parent dies."""


@dataclass(frozen=True)
class RowStarted:
    """Sent before work on a row starts."""

    row: int


@dataclass(frozen=True)
class RowFinished:
    """Sent when a row is done."""

    frames: int


@dataclass(frozen=True)
class ShardFinished:
    """Sent when a shard and its receipt are published."""


class _PipeReporter:
    """A `RowListener` that sends each event over a pipe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def row_started(self, row: int) -> None:
        self._connection.send(RowStarted(row))

    def row_finished(self, frames: int) -> None:
        self._connection.send(RowFinished(frames))


class WorkerProcess:
    """A worker process and the parent's end of its pipe."""

    def __init__(self, build: Work, memory_bytes: int) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work,
            args=(theirs, self.pipe, build, memory_bytes, os.getpid()),
            daemon=True,
        )
        # The child must not collect the parent's garbage: the finalizer of a Ray client that an
        # earlier build left waits for threads that do not exist in a forked process.
        gc.freeze()
        self._process.start()
        gc.unfreeze()
        theirs.close()

    def kill(self) -> None:
        """Kill the process if it is still running."""
        self._process.kill()

    def reap(self) -> int | None:
        """Wait for the process to end, and return its exit code."""
        self._process.join()
        exit_code = self._process.exitcode
        self._process.close()
        self.pipe.close()
        return exit_code


def _work(
    connection: Connection, theirs: Connection, build: Work, memory_bytes: int, parent: int
) -> None:
    """Build the shards of the jobs that arrive over the connection, until it is closed.

    Answers each job with `ShardFinished`, or with the error to raise in the parent. Closes the
    inherited copy of the parent's end of the pipe.
    """
    exit_with_parent(parent)
    theirs.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which kills us
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
        copy.copy(answer)  # fails for errors that the receiver could not rebuild
        connection.send(answer)
    except (PicklingError, TypeError, AttributeError):  # an error that cannot be sent
        plain = RuntimeError(repr(answer))
        plain.__notes__ = getattr(answer, "__notes__", [])
        connection.send(plain)


def exit_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies: no worker runs unsupervised.

    The kernel signal is available on Linux only. Exits immediately if the parent is already dead.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _limit_memory(more: int) -> None:
    """Make allocations fail that exceed the inherited memory by more than `more` bytes.

    Counts private writable memory, as Linux does for `RLIMIT_DATA`. Reserved address space and
    mapped files do not count. A lower limit that a batch system has set stays in force.
    """
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[5])
        _lower_limit(resource.RLIMIT_DATA, pages * resource.getpagesize() + more)
    _lower_limit(resource.RLIMIT_CORE, 0)


def _lower_limit(kind: int, wanted: int) -> None:
    """Lower a limit of this process to `wanted`. Keep its soft or hard limit if that is lower."""
    present = [limit for limit in resource.getrlimit(kind) if limit != resource.RLIM_INFINITY]
    limit = min([wanted, *present])
    resource.setrlimit(kind, (limit, limit))
