"""Verify a finished dataset, and report its faults."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

from motiondata.counting import counted
from pipelines.engine.progress import Progress
from pipelines.engine.reports import ABORTED, COMPLETE, Report
from shards.errors import ShardError
from shards.format.dataset import Dataset, expect_finished, read_description
from shards.format.places import Place
from shards.verify import Fault
from shards.verify import verify as find_faults


@dataclass(frozen=True)
class VerifyReport(Report):
    """The result of a verification."""

    dataset: Place
    """The folder of the dataset."""
    samples: int | None
    """Number of samples; None if there are faults."""
    shards: int | None
    """Number of shards; None if there are faults."""
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether the dataset has no fault."""
        return not self.faults

    @property
    def exit_code(self) -> int:
        """1 if there are faults."""
        return COMPLETE if self.sound else ABORTED

    def lines(self) -> list[str]:
        """Return one line per fault and their number, or one line that the dataset is sound."""
        if self.samples is None or self.shards is None:
            number = counted(len(self.faults), "fault")
            return [*map(str, self.faults), f"{number} in {self.dataset}"]
        return [
            f"{self.dataset} is sound: {counted(self.samples, 'sample')} in "
            f"{counted(self.shards, 'shard')}, every byte as built"
        ]


def verify(path: Place, stream: TextIO | None = None) -> VerifyReport:
    """Check a whole dataset. Progress is written to `stream`.

    Raises `DatasetError` for a place that is no dataset, or not a finished one.
    """
    expect_finished(path)
    with Progress(_samples_of(path), 0, stream, "samples") as progress:
        faults = tuple(find_faults(path, progress.advance))
    if faults:
        return VerifyReport(path, None, None, faults)
    dataset = Dataset.open(path)
    samples, shards = len(dataset.manifest), len(dataset.description.shards)
    return VerifyReport(path, samples, shards, ())


def _samples_of(path: Place) -> int:
    """Return the number of samples that `dataset.json` lists; 0 if it cannot be read."""
    with suppress(ShardError, OSError):
        return sum(shard.samples for shard in read_description(path).shards)
    return 0
