"""Training logs: one JSON object per line, for people and for plots.

JSON has no NaN and no infinity: both are written as null, and null is read as NaN.

A killed training resumes at its last checkpoint. The log lines of later steps are removed first, so
that the log reads as if the training had not been interrupted. The state of the alarms is read back
from the remaining lines, so that alarms are raised as without the interruption.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from math import inf, nan
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, BinaryIO

from motiondata.errors import InputError
from pipelines.engine.output_path import expect_no_dataset
from pipelines.engine.reports import to_plain
from pipelines.engine.run_lock import expect_lock
from shards.format.paths import DATASET, RECEIPTS
from shards.format.places import Place

if TYPE_CHECKING:
    from pipelines.training.common.events import EventFile

LOG = "log.jsonl"
WATCH = "watch"
"""Key of the lines that hold a validation; the other lines hold steps."""
ALARMS = "alarms"
"""Key of the alarms of a validation."""
SAMPLES = "samples"
"""Key of sample captions among the measures of a validation."""
OF_STEP = {"step", "stage", "loss"}
"""Keys that every line of a step has, among others."""
Record = dict[str, Any]
"""One line of the log."""


def find_training(path: Place) -> Path | None:
    """Return the path if it is the folder of a training: it has a log, and no dataset."""
    if not isinstance(path, Path) or not (path / LOG).is_file():
        return None
    return None if (path / DATASET).exists() or (path / RECEIPTS).is_dir() else path


@dataclass
class History:
    """The part of the log that a validation needs."""

    recent: list[Record] = field(default_factory=list)
    """Records of the steps since the last validation."""
    lowest: float = inf
    """Lowest mean loss between two consecutive validations."""
    watched: list[Record] = field(default_factory=list)
    """Measures of the validations so far."""

    def add(self, record: Record) -> None:
        """Add the next line of the log."""
        if WATCH not in record:
            self.recent.append(record)
            return
        self.lowest = min(self.lowest, fmean(step["loss"] for step in self.recent))
        self.recent = []
        self.watched.append(record[WATCH])


class Log:
    """The log of a training's folder, open for further lines; without a file, it discards them."""

    def __init__(self, file: BinaryIO | None, events: "EventFile | None" = None) -> None:
        self.history = History()
        self._file = file
        self._events = events

    def write(self, record: Record) -> None:
        """Append a line and flush it.

        The history gets what a resumed training reads from the line.
        """
        if self._file is not None:
            line = json.dumps(to_plain(record), allow_nan=False).encode() + b"\n"
            self._file.write(line)
            self._file.flush()
            self._note(read_record(line))

    def cut(self, steps: int) -> None:
        """Keep the lines of the first steps; later lines and an incomplete last line are removed.

        Raises `InputError`, and removes nothing, if the file is not a training log.
        """
        if self._file is None:
            return
        self._file.seek(0)
        try:
            size = self._recall(self._file, steps)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{self._file.name}: not the log of a training ({error!r}); choose another --out"
            ) from error
        self._file.truncate(size)

    def _recall(self, lines: Iterable[bytes], steps: int) -> int:
        """Add the lines of the first steps to the history; return their size in bytes."""
        size = 0
        for line in lines:
            if line.endswith(b"\n") and (record := read_record(line))["step"] <= steps:
                self._note(record)
                size += len(line)
        return size

    def _note(self, record: Record) -> None:
        self.history.add(record)
        if self._events is not None:
            self._events.add(record)


@contextmanager
def logging_to(out: Path, writes: bool, events: bool = False) -> Iterator[Log]:
    """Yield the log of a folder, locked against other trainings; discard lines if not `writes`.

    With `events`, the log is also written as an event file of TensorBoard.

    Raises `AbortedError` if another training holds the lock, and `InputError` in a dataset's
    folder.
    """
    if not writes:
        yield Log(None)
        return
    expect_no_dataset(out)
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOG).open("a+b") as file:
        expect_lock(out, file, "training")
        with _events_of(out) if events else nullcontext() as written:
            yield Log(file, written)


@contextmanager
def _events_of(out: Path) -> Iterator["EventFile"]:
    from pipelines.training.common.events import EventFile

    with closing(EventFile(out)) as events:
        yield events


def read_log(out: Path) -> list[Record]:
    """Return the records of a training's log."""
    with (out / LOG).open("rb") as file:
        return [read_record(line) for line in file]


def read_record(line: bytes) -> Record:
    """Return the record of a line, with NaN for null.

    Raises `ValueError` if it is not a line of a training log.
    """
    try:
        record = json.loads(line)
    except RecursionError as error:
        raise ValueError(f"the line {line[:40]!r}") from error
    if not isinstance(record, dict) or not (WATCH in record or record.keys() >= OF_STEP):
        raise ValueError(f"the line {line[:40]!r}")
    return {name: _with_nan(value) for name, value in record.items()}


def _with_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_nan(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_nan(inner) for inner in value]
    return nan if value is None else value
