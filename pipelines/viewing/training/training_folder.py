"""What a folder of a training says about it: its log, and the results of its last validation.

The log may be that of a training that runs: its last line may not be whole.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from pipelines.training.common.logs import ALARMS, LOG, SAMPLES, WATCH, Record, read_record

RESULTS = ("recall.json", "reconstruction.json", "editing.json")
"""Files with the measures of a finished training."""


@dataclass(frozen=True)
class Alarm:
    """An alarm of a validation."""

    step: int
    text: str


@dataclass(frozen=True)
class SaidCaptions:
    """What a model said about a clip, validation by validation."""

    reference: str
    captions: list[tuple[int, str]] = field(default_factory=list)
    """The step and the caption, where it differs from the one before."""


@dataclass(frozen=True)
class TrainingFolder:
    """The log of a training, and its results."""

    name: str
    records: Sequence[Record]
    results: Mapping[str, Any]
    """The contents of the files of `RESULTS` that are there, by name."""
    faults: tuple[str, ...] = ()
    """What of the files cannot be read, one sentence each."""

    @property
    def steps(self) -> Sequence[Record]:
        """The lines of steps."""
        return [record for record in self.records if WATCH not in record]

    @property
    def validations(self) -> Sequence[Record]:
        """The lines of validations."""
        return [record for record in self.records if WATCH in record]

    @property
    def alarms(self) -> list[Alarm]:
        """All alarms, in the order of the steps."""
        return [
            Alarm(record["step"], str(text))
            for record in self.validations
            for text in record.get(ALARMS, ())
        ]

    @property
    def samples(self) -> list[SaidCaptions]:
        """The sample captions by clip."""
        found: dict[tuple[int, str], SaidCaptions] = {}
        for record in self.validations:
            for number, sample in enumerate(record[WATCH].get(SAMPLES, ())):
                key = number, str(sample["reference"])
                said = found.setdefault(key, SaidCaptions(key[1])).captions
                if not said or said[-1][1] != sample["caption"]:
                    said.append((record["step"], str(sample["caption"])))
        return [*found.values()]

    @property
    def stages(self) -> list[tuple[str, int]]:
        """The stages, each with its first step."""
        first: dict[str, int] = {}
        for record in self.steps:
            first.setdefault(str(record["stage"]), record["step"])
        return [*first.items()]


def read_training(path: Path) -> TrainingFolder:
    """Read the folder of a training; raise `InputError` if its log is none, or has no step."""
    lines = (path / LOG).read_bytes().splitlines(keepends=True)
    is_cut = bool(lines) and not lines[-1].endswith(b"\n")
    records = [*_read_lines(path, lines[:-1] if is_cut else lines)]
    if not any(WATCH not in record for record in records):
        raise InputError(f"{path / LOG}: expected the log of a training, found no step in it yet")
    faults = [f"{LOG}: the last line is not whole; the training runs, or was killed"]
    results, more = _read_results(path)
    name = path.resolve().name
    return TrainingFolder(name, records, results, (*(faults if is_cut else ()), *more))


def _read_lines(path: Path, lines: Sequence[bytes]) -> Iterator[Record]:
    for number, line in enumerate(lines, 1):
        try:
            yield read_record(line)
        except (ValueError, TypeError) as error:
            raise InputError(
                f"{path / LOG}: line {number}: expected a line of the log of a training, found "
                f"{error!s:.80}"
            ) from error


def _read_results(path: Path) -> tuple[dict[str, Any], list[str]]:
    found, faults = {}, []
    for name in RESULTS:
        if (path / name).is_file():
            try:
                found[name] = json.loads((path / name).read_bytes())
            except (ValueError, RecursionError):
                faults.append(f"{name}: is not JSON; finish the training again to write it")
    return found, faults
