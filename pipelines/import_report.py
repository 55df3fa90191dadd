"""What an import reports: its recordings, its failures, and what it found about the files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from motiondata.counting import counted
from motiondata.sources.annotations.write import AnnotationsReport
from motiondata.sources.imports.folder import FolderReport
from motiondata.sources.imports.kind import Failure
from motiondata.sources.imports.provenance import Imported
from pipelines.engine.reports import COMPLETE, TOO_MANY_FAILURES, Report


@dataclass(frozen=True)
class FoundReport(Report):
    """What was found about some files of an import."""

    text: str
    files: int
    """The number of files for which it was found."""

    def lines(self) -> list[str]:
        """Return one line."""
        return [f"{counted(self.files, 'file')}: {self.text}"]


@dataclass(frozen=True)
class ImportReport(Report):
    """The result of an import."""

    folder: Path
    """Folder of the recordings."""
    recordings: int
    frames: int
    failures: tuple[Failure, ...]
    """The motions that could not be imported."""
    reused: int = 0
    """Recordings that an earlier import had written."""
    replaced: int = 0
    """Recordings of an earlier import whose file had the same name and other content."""
    clips: int = 0
    """Rows of the index that was written, if any."""
    captions: int = 0
    """Captions of these clips."""
    found: tuple[FoundReport, ...] = ()
    """What was found about files that do not state it."""
    left_out: int = 0
    """Files of mirrored clips, which builds make of the plain ones."""
    error_mm: float | None = None
    """Mean distance of fitted joints from those of the files, millimeters."""
    splits: Mapping[str, int] = field(default_factory=dict)
    """Clips in each of the split lists, if these were written."""
    kept_splits: tuple[str, ...] = ()
    """Split lists that were edited, or that no import wrote; all lists were then left alone."""
    remarks: tuple[str, ...] = ()
    """What a reader should know about annotations."""

    @property
    def exit_code(self) -> int:
        """3 if a motion could not be imported."""
        return TOO_MANY_FAILURES if self.failures else COMPLETE

    def lines(self) -> list[str]:
        """Return one line per finding and per failed motion, and the totals."""
        failed = f", {counted(len(self.failures), 'motion')} failed" if self.failures else ""
        reused = f", {self.reused} of them from an earlier import" if self.reused else ""
        return [
            *(line for found in self.found for line in found.lines()),
            *self.remarks,
            *self._joints_lines(),
            *self._replaced_lines(),
            *(f"failed {failure.source}: {failure.message}" for failure in self.failures),
            *self._index_lines(),
            f"{counted(self.recordings, 'recording')}, {counted(self.frames, 'frame')} in "
            f"{self.folder}{reused}{failed}",
        ]

    def _joints_lines(self) -> list[str]:
        files = counted(self.left_out, "file")
        return [
            *([f"{files} of mirrored clips left out: --mirror makes them"] * bool(self.left_out)),
            *(
                []
                if self.error_mm is None
                else [f"the fitted joints are {self.error_mm:.1f} mm from theirs on average"]
            ),
        ]

    def _replaced_lines(self) -> list[str]:
        if not self.replaced:
            return []
        return [
            f"{counted(self.replaced, 'recording')} of an earlier import replaced: a file of the "
            "same folder and name has other content. Is it another motion? Rename one of them"
        ]

    def _index_lines(self) -> list[str]:
        captions = counted(self.captions, "caption")
        lists = "".join(f", {clips} in {split}.txt" for split, clips in self.splits.items())
        return [
            *([f"index.csv: {counted(self.clips, 'clip')}, {captions}{lists}"] * bool(self.clips)),
            *([_kept(self.kept_splits)] * bool(self.kept_splits)),
        ]


def _kept(splits: Sequence[str]) -> str:
    return (
        f"{' and '.join(splits)} {'was' if len(splits) == 1 else 'were'} edited, or not written by "
        "an import: all split lists are left as they are, and new clips are in none of them. "
        "Delete the lists to get new ones"
    )


def report_of(made: FolderReport) -> ImportReport:
    """Return the report of a finished import."""
    found = Counter(note for line in made.imported for note in line.found)
    return ImportReport(
        made.folder,
        len(made.imported),
        sum(line.frames for line in made.imported),
        made.failures,
        made.reused,
        made.replaced,
        made.clips,
        made.lists.captions,
        tuple(FoundReport(text, files) for text, files in found.most_common()),
        made.left_out,
        _mean_error_mm(made.imported),
        made.lists.splits,
        made.lists.kept_splits,
    )


def report_of_annotations(folder: Path, made: AnnotationsReport) -> ImportReport:
    """Return the report of an index of annotations."""
    left_out = {"is not below --amass": made.missing, "has no sentence": made.silent}
    return ImportReport(
        folder,
        len({clip.annotated.path for clip in made.clips}),
        sum(clip.times.end - clip.times.start for clip in made.clips),
        made.failures,
        clips=len(made.clips),
        captions=sum(len(clip.captions) for clip in made.clips),
        splits=made.splits,
        kept_splits=made.kept_splits,
        remarks=(
            *(
                f"{counted(count, 'annotated clip')} left out: the recording {why}"
                for why, count in left_out.items()
                if count
            ),
            f"license of the texts: {made.licence}",
        ),
    )


def _mean_error_mm(lines: Sequence[Imported]) -> float | None:
    """Return the mean error of all frames of fitted recordings."""
    fitted = [(line.error, line.frames) for line in lines if line.error is not None]
    frames = sum(frames for _, frames in fitted)
    return 1000 * sum(error * frames for error, frames in fitted) / frames if frames else None
