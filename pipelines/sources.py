"""Synthesize and import recordings: archives in AMASS's layout from other sources."""

from dataclasses import dataclass
from pathlib import Path

from motiondata.counting import counted
from motiondata.sources.cmu import convert
from motiondata.synthesis.corpus import corpus
from pipelines.engine.errors import expect_possible_folder
from pipelines.engine.foreign_dataset import expect_no_dataset
from shards.format.paths import refuse_url


@dataclass(frozen=True)
class ImportResult:
    """The result of an import: recordings written and motions that failed."""

    archive: Path
    """Folder of the recordings."""
    report: convert.CmuReport

    @property
    def is_complete(self) -> bool:
        """Return whether every motion was imported."""
        return not self.report.failures

    def describe(self) -> str:
        """Return one line per failed motion, and the totals."""
        report = self.report
        failures = [f"failed {failure.source}: {failure.message}" for failure in report.failures]
        failed = f", {counted(len(failures), 'motion')} failed" if failures else ""
        done = (
            f"{counted(report.recordings, 'recording')}, {counted(report.frames, 'frame')} in "
            f"{self.archive}{failed}"
        )
        return "\n".join([*failures, done])


def import_cmu(source: Path, out: Path) -> ImportResult:
    """Convert CMU's ASF/AMC files; raises `InputError` if nothing can be imported."""
    refuse_url(source)
    expect_possible_folder(out)
    expect_no_dataset(out)
    return ImportResult(out / convert.SUBSET, convert.import_cmu(source, out))


def synthesize(out: Path, clips: int, seed: int) -> str:
    """Write a corpus of synthetic motion and return a line that describes it."""
    expect_possible_folder(out)
    expect_no_dataset(out)
    report = corpus.synthesize(out, clips, seed)
    return (
        f"{counted(report.clips, 'clip')} of {counted(report.recordings, 'synthetic recording')}, "
        f"{counted(report.frames, 'frame')}, {report.bytes / 1e6:,.1f} MB in {out}"
    )
