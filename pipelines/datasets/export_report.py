"""What an export writes and reports, whatever its files are made of."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motiondata.counting import counted
from pipelines.datasets.export_folder import ExportFolder
from pipelines.datasets.file_groups import FileGroups
from pipelines.engine.progress import Progress, Rate
from pipelines.engine.reports import COMPLETE, TOO_MANY_FAILURES, Report


@dataclass(frozen=True)
class ExportedSplit:
    """The files of a split."""

    split: str
    clips: int
    frames: int
    list: Path
    """The list of the files."""

    def describe(self) -> str:
        """Describe the files in one line."""
        return (
            f"{self.split}: {counted(self.frames, 'frame')} of {counted(self.clips, 'clip')}, "
            f"listed in {self.list}"
        )


@dataclass(frozen=True)
class ExportFailure:
    """An input that could not be exported."""

    source: str
    """Its path, relative to the folder that was given."""
    message: str


@dataclass(frozen=True)
class ExportReport(Report):
    """The result of an export."""

    folder: Path
    splits: tuple[ExportedSplit, ...]
    rate: Rate
    """What this run did. Earlier runs may have done the rest."""
    remarks: tuple[str, ...] = ()
    """What a reader should know about the files."""
    failures: tuple[ExportFailure, ...] = ()
    """The recordings that could not be exported."""

    @property
    def exit_code(self) -> int:
        """3 if a recording could not be exported."""
        return TOO_MANY_FAILURES if self.failures else COMPLETE

    def lines(self) -> list[str]:
        """Return one line per failure, remark and split, and the rate."""
        return [
            *(f"failed {failure.source}: {failure.message}" for failure in self.failures),
            *self.remarks,
            *(split.describe() for split in self.splits),
            self.rate.describe(),
        ]


def write_groups(folder: ExportFolder, splits: Sequence[FileGroups]) -> Rate:
    """Write the missing files of all splits and return the rate."""
    missing = [(files, group) for files in splits for group in folder.missing_groups(files)]
    frames = sum(int(files.lengths.sum()) for files in splits)
    to_do = sum(files.frames(group) for files, group in missing)
    with Progress(frames, frames - to_do, sys.stderr) as progress:
        for files, group in missing:
            folder.write_group(files, group)
            progress.advance(files.frames(group))
    return progress.rate


def write_split_lists(
    folder: ExportFolder, splits: Sequence[FileGroups]
) -> tuple[ExportedSplit, ...]:
    """Write the lists of the files of all splits, and describe them."""
    return tuple(
        ExportedSplit(
            files.split,
            len(files.keys),
            int(files.lengths.sum()),
            folder.write_lists(files.lists())[0],
        )
        for files in splits
    )
