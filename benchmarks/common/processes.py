"""Run work in separate processes pinned to cores, and measure the resources that it uses.

Each measured process adopts its orphaned descendants, so the processor time and memory of Ray's
processes are counted too.
"""

import ctypes
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

PR_SET_CHILD_SUBREAPER = 36
"""Option of Linux's `prctl`: orphaned descendants become children of this process."""
ORPHAN_SECONDS = 10.0
"""Maximum time for leftover processes to end."""

Work = Callable[[], Any]
Watch = Callable[[Sequence[int]], float]
"""Inspects running processes by their ids; returns the seconds until the next inspection."""
Prepare = Callable[[], Work]
"""The untimed preparation: a picklable function that returns the work to time."""


class Share(NamedTuple):
    """One process: its work, and the cores that it may use."""

    prepare: Prepare
    cores: frozenset[int]


@dataclass(frozen=True)
class Used:
    """The resources that the processes used."""

    answers: tuple[Any, ...]
    startup: float
    """Seconds from the start of the processes until all were prepared."""
    wall: float
    """Seconds from then until all had finished their work."""
    cpu: float
    """Processor seconds of the work, over all processes and their descendants."""
    peak_megabytes: float
    """Peak resident memory of the largest of these processes, in 10^6 bytes."""


def cores(count: int) -> list[int]:
    """Return up to `count` of the cores that this process may use."""
    return sorted(os.sched_getaffinity(0))[:count]


def run_apart(shares: Sequence[Share], watch: Watch | None = None) -> Used:
    """Run several works at the same time, each in a new process; watch them from this one."""
    started = time.perf_counter()
    with ExitStack() as stack:
        processes = [stack.enter_context(_started(share)) for share in shares]
        pipes = [pipe for pipe, _ in processes]
        for pipe in pipes:
            pipe.recv()
        ready = time.perf_counter()
        for pipe in pipes:
            pipe.send(None)
        if watch is not None:
            _watch_until_answered(pipes, [number for _, number in processes], watch)
        answers = tuple(pipe.recv() for pipe in pipes)
        done = time.perf_counter()
        usage = [pipe.recv() for pipe in pipes]
    cpu, peaks = zip(*usage, strict=True)
    return Used(answers, ready - started, done - ready, sum(cpu), max(peaks))


def _watch_until_answered(
    pipes: Sequence[Connection], processes: Sequence[int], watch: Watch
) -> None:
    for pipe in pipes:
        while not pipe.poll(watch(processes)):
            pass


def tree_cpu_seconds(processes: Sequence[int]) -> float:
    """Return the processor seconds of running processes and all their descendants.

    The time of an ended process is included in the process that waited for it. Times are those of
    proc(5), in clock ticks of 0.01 s.
    """
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(fields[1])
            ticks[int(path.parent.name)] = sum(map(int, fields[11:15]))
    return sum(
        count for number, count in ticks.items() if _descends(number, processes, parents)
    ) / os.sysconf("SC_CLK_TCK")


def _descends(number: int, processes: Sequence[int], parents: Mapping[int, int]) -> bool:
    while number not in processes and number in parents:
        number = parents[number]
    return number in processes


@contextmanager
def _started(share: Share) -> Iterator[tuple[Connection, int]]:
    """Start a process; yield our end of its pipe and its id. Kill it if the block raises."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, share))
    process.start()
    theirs.close()
    with closing(ours):
        try:
            yield ours, process.pid or 0
        except BaseException:
            process.kill()
            raise
        finally:
            process.join()


def _serve(connection: Connection, share: Share) -> None:
    os.sched_setaffinity(0, share.cores)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    work = share.prepare()
    before = _cpu_seconds()
    connection.send(None)
    connection.recv()
    connection.send(work())
    _reap_orphans()
    connection.send((_cpu_seconds() - before, _peak_megabytes()))


def _reap_orphans() -> None:
    deadline = time.monotonic() + ORPHAN_SECONDS
    while time.monotonic() < deadline:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not ended:
            time.sleep(0.01)


def _cpu_seconds() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peak_megabytes() -> float:
    """Return the peak of this process or a child; `ru_maxrss` would include the forking parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024 / 1e6
