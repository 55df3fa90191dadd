"""Synthesize and import recordings: archives in AMASS's layout from other sources."""

from dataclasses import dataclass
from pathlib import Path

from motiondata.counting import counted
from motiondata.sources.cmu import convert
from motiondata.synthesis.corpus import corpus
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.engine.reports import COMPLETE, TOO_MANY_FAILURES, Report
from shards.format.paths import refuse_url


@dataclass(frozen=True)
class ImportReport(Report):
    """The result of an import."""

    folder: Path
    """Folder of the recordings."""
    recordings: int
    frames: int
    failures: tuple[convert.Failure, ...]
    """The motions that could not be imported."""

    @property
    def exit_code(self) -> int:
        """3 if a motion could not be imported."""
        return TOO_MANY_FAILURES if self.failures else COMPLETE

    def lines(self) -> list[str]:
        """Return one line per failed motion, and the totals."""
        failed = f", {counted(len(self.failures), 'motion')} failed" if self.failures else ""
        return [
            *(f"failed {failure.source}: {failure.message}" for failure in self.failures),
            f"{counted(self.recordings, 'recording')}, {counted(self.frames, 'frame')} in "
            f"{self.folder}{failed}",
        ]


@dataclass(frozen=True)
class SynthesisReport(Report):
    """The result of a synthesis."""

    folder: Path
    """Folder of the corpus."""
    clips: int
    recordings: int
    frames: int
    """Total frames of the clips, at the frame rate of the index."""
    bytes: int
    """Total size of the recordings."""

    def lines(self) -> list[str]:
        """Return one line."""
        return [
            f"{counted(self.clips, 'clip')} of "
            f"{counted(self.recordings, 'synthetic recording')}, "
            f"{counted(self.frames, 'frame')}, {self.bytes / 1e6:,.1f} MB in {self.folder}"
        ]


def import_cmu(source: Path, out: Path) -> ImportReport:
    """Convert CMU's ASF/AMC files; raises `InputError` if nothing can be imported."""
    refuse_url(source)
    expect_possible_folder(out)
    expect_no_dataset(out)
    found = convert.import_cmu(source, out)
    return ImportReport(out / convert.SUBSET, found.recordings, found.frames, found.failures)


def synthesize(out: Path, clips: int, seed: int) -> SynthesisReport:
    """Write a corpus of synthetic motion."""
    expect_possible_folder(out)
    expect_no_dataset(out)
    made = corpus.synthesize(out, clips, seed)
    return SynthesisReport(out, made.clips, made.recordings, made.frames, made.bytes)
