"""Synthesize and import recordings: archives in AMASS's layout from other sources."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.recording import Recording
from motiondata.sources.bvh.convert import BvhOptions, convert_bvh
from motiondata.sources.bvh.matching import read_joint_list
from motiondata.sources.cmu import convert
from motiondata.sources.imports.file_names import read_template
from motiondata.sources.imports.folder import ImportKind, import_folder
from motiondata.sources.joints import convert as joints
from motiondata.synthesis.corpus import corpus
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.engine.reports import COMPLETE, TOO_MANY_FAILURES, Report
from shards.format.paths import refuse_url

INCHES = {"inch": "in"}
"""Names of units in the options of BVH files that the fit of joints spells differently."""


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
    failures: tuple[convert.Failure, ...]
    """The motions that could not be imported."""
    reused: int = 0
    """Recordings that an earlier import had written."""
    clips: int = 0
    """Rows of the index that was written, if any."""
    captions: int = 0
    """Captions of these clips."""
    found: tuple[FoundReport, ...] = ()
    """What was found about files that do not state it."""

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
            *(f"failed {failure.source}: {failure.message}" for failure in self.failures),
            *self._index_lines(),
            f"{counted(self.recordings, 'recording')}, {counted(self.frames, 'frame')} in "
            f"{self.folder}{reused}{failed}",
        ]

    def _index_lines(self) -> list[str]:
        captions = counted(self.captions, "caption")
        return [f"index.csv: {counted(self.clips, 'clip')}, {captions}"] if self.clips else []


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


def import_bvh(
    source: Path,
    out: Path,
    *,
    unit: str = "auto",
    up: str = "auto",
    joint_list: Path | None = None,
    captions: Path | None = None,
    licence: str = "",
) -> ImportReport:
    """Convert BVH files to an archive with an index.

    `unit`, `up` and `licence` are those of `BvhOptions`. `joint_list` names joints, and
    `captions` a template for file names. Raises `InputError` if nothing can be imported.
    """
    refuse_url(source)
    expect_possible_folder(out)
    expect_no_dataset(out)
    template = read_template(captions) if captions else read_template()
    options = BvhOptions(unit, up, read_joint_list(joint_list) if joint_list else {}, licence)

    def convert_file(path: Path) -> tuple[Recording, tuple[str, ...]]:
        converted = convert_bvh(path, options)
        return converted.recording, converted.notes

    kind = ImportKind("bvh", ".bvh", convert_file, json.dumps(asdict(options), sort_keys=True))
    made = import_folder(source, out, kind, template)
    if not made.imported:
        raise InputError(
            f"{source}: nothing could be imported; the first error: {made.failures[0].message}"
        )
    found = Counter(note for line in made.imported for note in line.found)
    return ImportReport(
        out,
        len(made.imported),
        sum(line.frames for line in made.imported),
        made.failures,
        made.reused,
        made.clips,
        made.captions,
        tuple(FoundReport(text, files) for text, files in found.most_common()),
    )


def import_joints(
    source: Path,
    out: Path,
    *,
    unit: str = "auto",
    up: str = "auto",
    fps: float | None = None,
    licence: str = "",
) -> ImportReport:
    """Fit the bundled body to files of joints or motion features.

    `unit`, `up`, `fps` and `licence` are those of `JointOptions`. Raises `InputError` if nothing
    can be imported.
    """
    refuse_url(source)
    expect_possible_folder(out)
    expect_no_dataset(out)
    options = joints.JointOptions(
        up="y" if up == "auto" else up,
        unit=None if unit == "auto" else INCHES.get(unit, unit),
        fps=fps,
        note=licence,
    )
    made = joints.import_joints(source, out, options)
    error = f"the fitted joints are {1000 * made.mean_error_meters:.1f} mm from theirs on average"
    return ImportReport(
        out / joints.SUBSET,
        made.recordings,
        made.frames,
        tuple(convert.Failure(*failure) for failure in made.failures),
        found=(FoundReport(error, made.recordings),),
    )


def synthesize(out: Path, clips: int, seed: int) -> SynthesisReport:
    """Write a corpus of synthetic motion."""
    expect_possible_folder(out)
    expect_no_dataset(out)
    made = corpus.synthesize(out, clips, seed)
    return SynthesisReport(out, made.clips, made.recordings, made.frames, made.bytes)
