"""Builds in separate processes, in which something goes wrong at a chosen call.

The code under test knows nothing of it: the calls by which a file comes to be are counted, and
broken, from outside, in a process forked from one that has everything loaded.
"""

import errno
import io
import itertools
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cli import main
from tests.support.archive import MadeArchive

T = TypeVar("T")

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.support.warm_process"])
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and when."""

    what: str
    """The name of a signal that the driver gets, or of an error that the call ends with."""
    call: str = ""
    """`open`, `write`, `fsync` or `rename`, of files that are to be published; any, if empty."""
    number: int = 1
    """Which of the calls it is, from 1."""
    file: str = ""
    """What the file's name contains, its folder's included."""
    after: bool = False
    """Whether the call is carried out before."""

    def happen(self, driver: int) -> None:
        """Send the signal, or raise the error."""
        if not self.what.startswith("SIG"):
            code = getattr(errno, self.what)
            raise OSError(code, os.strerror(code))
        os.kill(driver, getattr(signal, self.what))
        if os.getpid() != driver:
            signal.pause()


class _WatchedFile(io.BufferedWriter):
    """A file whose writes are counted."""

    around: Callable[[str, str, Callable[[], int]], int]

    def write(self, data: Any) -> int:
        return self.around("write", str(self.name), lambda: io.BufferedWriter.write(self, data))


def inject(fault: Fault, patch: pytest.MonkeyPatch) -> None:
    """Let the fault happen in this process, and in those forked from it."""
    driver, seen = os.getpid(), itertools.count(1)
    fsync, replace, open_path = os.fsync, Path.replace, Path.open

    def around(call: str, path: str, act: Callable[[], T]) -> T:
        mine = fault.call in ("", call) and fault.file in "/".join(Path(path).parts[-2:])
        hit = mine and next(seen) == fault.number
        if hit and not fault.after:
            fault.happen(driver)
        result = act()
        with ExitStack() as opened:
            if isinstance(result, io.IOBase):
                opened.enter_context(result)  # nobody else can close it after the fault
            if hit and fault.after:
                fault.happen(driver)
            opened.pop_all()
        return result

    def watched_open(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        if mode != "xb":
            return open_path(path, mode, *more, **named)
        file = around("open", str(path), lambda: _WatchedFile(io.FileIO(path, "x")))
        file.around = around
        return file

    def path_of(descriptor: int) -> str:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())

    patch.setattr(Path, "open", watched_open)
    patch.setattr(os, "fsync", lambda fd: around("fsync", path_of(fd), lambda: fsync(fd)))
    patch.setattr(
        Path, "replace", lambda path, to: around("rename", str(to), lambda: replace(path, to))
    )


def build_words(archive: MadeArchive, out: Path, *more: object) -> list[str]:
    """Return the command line of a build of the archive."""
    root = archive.root
    words = ["build-lidar", root / "index.csv", "--amass", root / "amass", "--out", out,
             "--body", root / "body.npz", "--sensor", root / "sensor.toml", "--points", 32,
             "--mirror", "--views", 2, "--max-failures", "100%", *more]  # fmt: skip
    return [str(word) for word in words]


def start(
    words: list[str], log: Path, fault: Fault | None = None, file_bytes: int | None = None
) -> ForkServerProcess:
    """Start a command whose files may have a number of bytes; what it prints goes to the log."""
    process = FORKED.Process(target=_run, args=(words, log, fault, file_bytes))
    process.start()
    return process


def run(
    words: list[str], log: Path, fault: Fault | None = None, file_bytes: int | None = None
) -> int:
    """Run a command; return its exit code, or minus the signal that ended it."""
    process = start(words, log, fault, file_bytes)
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _run(words: list[str], log: Path, fault: Fault | None, file_bytes: int | None) -> None:
    with log.open("w") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    if fault is not None:
        inject(fault, pytest.MonkeyPatch())
    main(words)
