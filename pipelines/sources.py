"""Synthesize and import recordings: archives in AMASS's layout from other sources."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from motiondata.bodies.body import Body
from motiondata.bodies.load_body import load_body
from motiondata.counting import counted
from motiondata.recording import SMPL_SHAPES, SMPLX_SHAPES
from motiondata.sources.bvh.convert import BvhOptions, bvh_kind
from motiondata.sources.bvh.matching import read_joint_list
from motiondata.sources.cmu.convert import cmu_kind
from motiondata.sources.imports.file_names import read_template
from motiondata.sources.imports.folder import import_folder
from motiondata.sources.imports.kind import Failure, ImportKind
from motiondata.sources.imports.provenance import Imported
from motiondata.sources.imports.split_lists import read_split_template
from motiondata.sources.joints.convert import JointOptions, joints_kind
from motiondata.sources.pfnn.convert import pfnn_kind
from motiondata.sources.smpl.convert import SmplOptions, smpl_kind
from motiondata.synthesis.corpus import corpus
from pipelines.engine.import_lock import only_import
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.engine.reports import COMPLETE, TOO_MANY_FAILURES, Report
from shards.format.paths import refuse_url


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
            *self._joints_lines(),
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


def import_cmu(source: Path, out: Path, *, body: Path | None = None) -> ImportReport:
    """Convert CMU's ASF/AMC files to an archive with an index.

    `body` is the body that is posed, by default the bundled one. Raises `InputError` if nothing can
    be imported.
    """
    _expect_paths(source, out)
    return _import(source, out, cmu_kind(source, *_body(body)))


def import_bvh(
    source: Path,
    out: Path,
    *,
    unit: str = "auto",
    up: str = "auto",
    joint_list: Path | None = None,
    captions: Path | None = None,
    splits: Path | None = None,
    body: Path | None = None,
    licence: str = "",
) -> ImportReport:
    """Convert BVH files to an archive with an index.

    `unit`, `up` and `licence` are those of `BvhOptions`. `joint_list` names joints, `captions` and
    `splits` templates for file names, and `body` the body that is posed, by default the bundled
    one. Raises `InputError` if nothing can be imported.
    """
    _expect_paths(source, out)
    given = read_joint_list(joint_list) if joint_list else {}
    options = BvhOptions(unit, up, given, licence)
    return _import(source, out, bvh_kind(options, *_body(body)), captions, splits)


def import_joints(
    source: Path,
    out: Path,
    *,
    unit: str = "auto",
    up: str = "auto",
    fps: float | None = None,
    captions: Path | None = None,
    splits: Path | None = None,
    body: Path | None = None,
    licence: str = "",
) -> ImportReport:
    """Fit a body to files of joints or motion features: an archive with an index.

    `unit`, `up`, `fps` and `licence` are those of `JointOptions`. `captions` and `splits` are
    templates for file names, and `body` is the body that is fitted, by default the bundled one.
    Raises `InputError` if nothing can be imported.
    """
    _expect_paths(source, out)
    options = JointOptions(
        up="y" if up == "auto" else up,
        unit=None if unit == "auto" else unit,
        fps=fps,
        note=licence,
    )
    return _import(source, out, joints_kind(options, *_body(body)), captions, splits)


def import_smpl(
    source: Path,
    out: Path,
    *,
    shape_space: str = SMPL_SHAPES,
    up: str = "auto",
    fps: float | None = None,
    captions: Path | None = None,
    splits: Path | None = None,
    licence: str = "",
) -> ImportReport:
    """Convert files of SMPL, SMPL-H or SMPL-X poses to an archive with an index.

    `shape_space`, `up`, `fps` and `licence` are those of `SmplOptions`. `captions` and `splits` are
    templates for file names. Raises `InputError` if nothing can be imported.
    """
    _expect_paths(source, out)
    options = SmplOptions(shape_space, up, fps, licence)
    name = "smplx" if shape_space == SMPLX_SHAPES else "smpl"
    return _import(source, out, smpl_kind(name, options), captions, splits)


def import_pfnn(
    source: Path,
    out: Path,
    *,
    captions: Path | None = None,
    splits: Path | None = None,
    licence: str = "",
) -> ImportReport:
    """Convert PFNN's BVH files with phase, gait and footsteps to an archive with an index.

    `captions` and `splits` are templates for file names. Raises `InputError` if nothing can be
    imported.
    """
    _expect_paths(source, out)
    return _import(source, out, pfnn_kind(licence), captions, splits)


def _body(path: Path | None) -> tuple[Body | None, str]:
    """Return the body of a file or a folder, and its hash for the settings of the provenance."""
    if path is None:
        return None, ""
    body = load_body(path).body
    return body, f" body {hashlib.sha256(body.joints_template.tobytes()).hexdigest()}"


def _expect_paths(source: Path, out: Path) -> None:
    refuse_url(source)
    expect_possible_folder(out)
    expect_no_dataset(out)


def _import(
    source: Path,
    out: Path,
    kind: ImportKind,
    captions: Path | None = None,
    splits: Path | None = None,
) -> ImportReport:
    template = read_template(captions) if captions else read_template()
    divide = read_split_template(splits) if splits else read_split_template()
    with only_import(out):
        made = import_folder(source, out, kind, template, divide)
    found = Counter(note for line in made.imported for note in line.found)
    return ImportReport(
        out,
        len(made.imported),
        sum(line.frames for line in made.imported),
        made.failures,
        made.reused,
        made.clips,
        made.lists.captions,
        tuple(FoundReport(text, files) for text, files in found.most_common()),
        made.left_out,
        _mean_error_mm(made.imported),
        made.lists.splits,
        made.lists.kept_splits,
    )


def _mean_error_mm(lines: Sequence[Imported]) -> float | None:
    """Return the mean error of all frames of fitted recordings."""
    fitted = [(line.error, line.frames) for line in lines if line.error is not None]
    frames = sum(frames for _, frames in fitted)
    return 1000 * sum(error * frames for error, frames in fitted) / frames if frames else None


def synthesize(out: Path, clips: int, seed: int) -> SynthesisReport:
    """Write a corpus of synthetic motion."""
    expect_possible_folder(out)
    expect_no_dataset(out)
    made = corpus.synthesize(out, clips, seed)
    return SynthesisReport(out, made.clips, made.recordings, made.frames, made.bytes)
