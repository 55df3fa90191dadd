"""Logs: what a training said of each step, a line of JSON each, for people and for plots.

A training that was killed is gone on with at its last checkpoint; what the log says of later steps
is cut off first, so that it reads as if nothing had happened.
"""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from motiondata.errors import InputError
from pipelines.errors import AbortedError

LOG = "log.jsonl"


class Log:
    """The log of a training's folder, open for the lines of further steps."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a line, at once."""
        if self._file is not None:
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()


@contextmanager
def logging_to(out: Path, writes: bool) -> Iterator[Log]:
    """Yield the log of a folder, held against other trainings; or one of nothing, if not `writes`.

    Raises `AbortedError` where another training holds it.
    """
    if not writes:
        yield Log(None)
        return
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOG).open("a", encoding="utf-8") as file:
        _hold(out, file)
        yield Log(file)


def cut_log(out: Path, steps: int) -> None:
    """Keep the lines of a log's first steps; a torn line is the last and goes too.

    Raises `InputError`, and cuts nothing, where the file is another program's.
    """
    with (out / LOG).open("r+b") as file:
        try:
            kept = [line for line in file if line.endswith(b"\n") and _step_of(line) <= steps]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{out / LOG}: is no log of a training ({error!r}); choose another --out"
            ) from error
        file.seek(0)
        file.writelines(kept)
        file.truncate()


def read_log(out: Path) -> list[dict[str, Any]]:
    """Return the records of a training's log."""
    with (out / LOG).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _step_of(line: bytes) -> int:
    return int(json.loads(line)["step"])


def _hold(out: Path, file: TextIO) -> None:
    """Take the lock of the log, which the system takes back however this process dies."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise AbortedError(
            f"{out}: another training is writing there; wait for its end, or choose another --out"
        ) from error
