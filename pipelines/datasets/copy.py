"""Copy a dataset to another place, and report what was copied."""

from dataclasses import dataclass
from typing import TextIO

from motiondata.counting import counted
from pipelines.engine.errors import AbortedError
from pipelines.engine.progress import Progress
from pipelines.engine.reports import Report
from shards.copying import copy_dataset
from shards.format.dataset import read_description
from shards.format.places import Place
from shards.targets import dataset_files


@dataclass(frozen=True)
class CopyReport(Report):
    """The result of a copy."""

    dataset: Place
    """The dataset that was copied."""
    to: Place
    """Where it was copied to."""
    files: int
    """Number of files that were copied by this run."""
    bytes: int
    """Their size."""
    present: int
    """Number of files that earlier runs had copied."""

    def lines(self) -> list[str]:
        """Return one line."""
        before = f"; {counted(self.present, 'file')} were there before" if self.present else ""
        copied = f"{counted(self.files, 'file')}, {self.bytes / 1e6:,.1f} MB, every byte hashed"
        return [f"{self.to} is a copy of {self.dataset}: {copied}{before}"]


def copy(source: Place, to: Place, stream: TextIO | None = None) -> CopyReport:
    """Copy a finished dataset, or finish a copy that was stopped.

    Progress is written to `stream`. Raises the errors of `copy_dataset`, and `AbortedError` if a
    disk is full or broken; the same call then resumes.
    """
    files = len(dataset_files(read_description(source)))
    try:
        with Progress(files, 0, stream, "files") as progress:
            copied = copy_dataset(source, to, progress.advance)
    except OSError as error:
        raise AbortedError(
            f"{to}: the copy stopped: {error.strerror or error}; what has arrived is kept: run "
            "the same command again"
        ) from error
    return CopyReport(source, to, copied.files, copied.bytes, copied.present)
