"""Logs: what a training said of each step, a line of JSON each, for people and for plots.

A training that was killed is gone on with at its last checkpoint; what the log says of later steps
is cut off first, so that it reads as if nothing had happened. What alarms depend on is read back
from the rest, so that they are raised as if nothing had happened, too.
"""

import fcntl
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from statistics import fmean
from typing import Any, BinaryIO

from motiondata.errors import InputError
from pipelines.engine.errors import AbortedError
from pipelines.engine.foreign_dataset import expect_no_dataset

LOG = "log.jsonl"
WATCH = "watch"
"""What a line has that is of a look at a training; the others are of steps."""
OF_STEP = {"step", "stage", "loss"}
"""What lines of steps have, among others."""
Record = dict[str, Any]
"""A line of the log."""


@dataclass
class History:
    """What the log says that a look at a training is to know."""

    recent: list[Record] = field(default_factory=list)
    """The steps since the last look."""
    lowest: float = inf
    """The lowest mean loss from one look to the next."""

    def add(self, record: Record) -> None:
        """Take note of the next line of the log."""
        if WATCH not in record:
            self.recent.append(record)
            return
        self.lowest = min(self.lowest, fmean(step["loss"] for step in self.recent))
        self.recent = []


class Log:
    """The log of a training's folder, open for the lines of further steps; or one of nothing."""

    def __init__(self, file: BinaryIO | None) -> None:
        self.history = History()
        self._file = file

    def write(self, record: Record) -> None:
        """Append a line, at once."""
        if self._file is not None:
            self._file.write(json.dumps(record).encode() + b"\n")
            self._file.flush()
            self.history.add(record)

    def cut(self, steps: int) -> None:
        """Keep the lines of the first steps; a torn line is the last and goes too.

        Raises `InputError`, and cuts nothing, where the file is another program's.
        """
        if self._file is None:
            return
        self._file.seek(0)
        try:
            size = self._recall(self._file, steps)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{self._file.name}: is no log of a training ({error!r}); choose another --out"
            ) from error
        self._file.truncate(size)

    def _recall(self, lines: Iterable[bytes], steps: int) -> int:
        """Take note of the lines of the first steps; return how many bytes they have."""
        size = 0
        for line in lines:
            if line.endswith(b"\n") and (record := _parse(line))["step"] <= steps:
                self.history.add(record)
                size += len(line)
        return size


@contextmanager
def logging_to(out: Path, writes: bool) -> Iterator[Log]:
    """Yield the log of a folder, held against other trainings; or one of nothing, if not `writes`.

    Raises `AbortedError` where another training holds it, `InputError` in a dataset's folder.
    """
    if not writes:
        yield Log(None)
        return
    expect_no_dataset(out)
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOG).open("a+b") as file:
        _hold(out, file)
        yield Log(file)


def read_log(out: Path) -> list[Record]:
    """Return the records of a training's log."""
    with (out / LOG).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _parse(line: bytes) -> Record:
    """Return a line of a log; raises `ValueError` for that of another program."""
    try:
        record = json.loads(line)
    except RecursionError as error:
        raise ValueError(f"the line {line[:40]!r}") from error
    if not isinstance(record, dict) or not (WATCH in record or record.keys() >= OF_STEP):
        raise ValueError(f"the line {line[:40]!r}")
    return record


def _hold(out: Path, file: BinaryIO) -> None:
    """Take the lock of the log, which the system takes back however this process dies."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise AbortedError(
            f"{out}: another training is writing there; wait for its end, or choose another --out"
        ) from error
