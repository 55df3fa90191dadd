"""Import recordings: archives in AMASS's layout from other sources.

All functions write their progress to `stream`; None stands for a closed stream.
"""

import hashlib
from pathlib import Path
from typing import TextIO

from motiondata.bodies.body import Body
from motiondata.bodies.load_body import load_body
from motiondata.recording import SMPL_SHAPES, SMPLX_SHAPES
from motiondata.sources.annotations.kinds import ANNOTATIONS
from motiondata.sources.annotations.write import import_annotations as write_annotations
from motiondata.sources.bvh import lafan1, style100
from motiondata.sources.bvh.convert import BvhOptions, bvh_kind
from motiondata.sources.bvh.lafan1 import lafan1_kind
from motiondata.sources.bvh.matching import read_joint_list
from motiondata.sources.bvh.style100 import style100_kind
from motiondata.sources.cmu.convert import cmu_kind
from motiondata.sources.imports.file_names import read_template
from motiondata.sources.imports.folder import import_folder
from motiondata.sources.imports.kind import ImportKind
from motiondata.sources.imports.split_lists import read_split_template
from motiondata.sources.joints.convert import JointOptions, joints_kind
from motiondata.sources.pfnn.convert import pfnn_kind
from motiondata.sources.smpl.convert import SmplOptions, smpl_kind
from motiondata.sources.smpl.motionhub import motionhub_kind
from pipelines.engine.import_lock import only_import
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.engine.progress import watching
from pipelines.import_report import ImportReport, report_of, report_of_annotations
from shards.format.paths import refuse_url


def import_cmu(
    source: Path, out: Path, *, body: Path | None = None, stream: TextIO | None = None
) -> ImportReport:
    """Convert CMU's ASF/AMC files to an archive with an index.

    `body` is the body that is posed, by default the bundled one. Raises `InputError` if nothing can
    be imported.
    """
    _expect_paths(source, out)
    return _import(source, out, cmu_kind(source, *_body(body)), stream=stream)


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
    stream: TextIO | None = None,
) -> ImportReport:
    """Convert BVH files to an archive with an index.

    `unit`, `up` and `licence` are those of `BvhOptions`. `joint_list` names joints, `captions` and
    `splits` templates for file names, and `body` the body that is posed, by default the bundled
    one. Raises `InputError` if nothing can be imported.
    """
    _expect_paths(source, out)
    given = read_joint_list(joint_list) if joint_list else {}
    options = BvhOptions(unit, up, given, licence)
    return _import(source, out, bvh_kind(options, *_body(body)), captions, splits, stream)


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
    stream: TextIO | None = None,
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
    return _import(source, out, joints_kind(options, *_body(body)), captions, splits, stream)


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
    stream: TextIO | None = None,
) -> ImportReport:
    """Convert files of SMPL, SMPL-H or SMPL-X poses to an archive with an index.

    `shape_space`, `up`, `fps` and `licence` are those of `SmplOptions`. `captions` and `splits` are
    templates for file names. Raises `InputError` if nothing can be imported.
    """
    _expect_paths(source, out)
    options = SmplOptions(shape_space, up, fps, licence)
    name = "smplx" if shape_space == SMPLX_SHAPES else "smpl"
    return _import(source, out, smpl_kind(name, options), captions, splits, stream)


def import_pfnn(
    source: Path,
    out: Path,
    *,
    captions: Path | None = None,
    splits: Path | None = None,
    licence: str = "",
    stream: TextIO | None = None,
) -> ImportReport:
    """Convert PFNN's BVH files with phase, gait and footsteps to an archive with an index.

    `captions` and `splits` are templates for file names. Raises `InputError` if nothing can be
    imported.
    """
    _expect_paths(source, out)
    return _import(source, out, pfnn_kind(licence), captions, splits, stream)


def import_lafan1(
    source: Path,
    out: Path,
    *,
    captions: Path | None = None,
    splits: Path | None = None,
    body: Path | None = None,
    stream: TextIO | None = None,
) -> ImportReport:
    """Convert LAFAN1's BVH files to an archive with an index, captions and split lists.

    The options are those of `import_bvh`. Raises `InputError` if nothing can be imported.
    """
    _expect_paths(source, out)
    kind = lafan1_kind(*_body(body))
    return _import(source, out, kind, captions or lafan1.CAPTIONS, splits, stream)


def import_style100(
    source: Path,
    out: Path,
    *,
    splits: Path | None = None,
    body: Path | None = None,
    stream: TextIO | None = None,
) -> ImportReport:
    """Convert 100STYLE's BVH files to an archive with an index, captions and split lists.

    The options are those of `import_bvh`. Raises `InputError` if nothing can be imported.
    """
    _expect_paths(source, out)
    kind = style100_kind(*_body(body))
    return _import(source, out, kind, None, splits or style100.SPLITS, stream)


def import_motionhub(
    source: Path,
    out: Path,
    *,
    captions: Path | None = None,
    splits: Path | None = None,
    licence: str = "",
    stream: TextIO | None = None,
) -> ImportReport:
    """Convert MotionHub's files of SMPL-H or SMPL-X poses to an archive with an index.

    Captions are those in `hierarchical_caption/` beside the folder of poses; without it, as for
    other kinds. `licence` is that of the subset; without it, each recording says that subsets have
    their own. Raises `InputError` if nothing can be imported.
    """
    _expect_paths(source, out)
    return _import(source, out, motionhub_kind(licence), captions, splits, stream)


def import_annotations(
    kind: str, source: Path, out: Path, *, amass: Path, stream: TextIO | None = None
) -> ImportReport:
    """Make an index and captions of annotations of the recordings below `amass`.

    `kind` is one of `ANNOTATIONS`. Raises `InputError` for other files, or if no annotated
    recording is there.
    """
    _expect_paths(source, out)
    with only_import(out):
        watch = watching(stream, "recordings")
        made = write_annotations(ANNOTATIONS[kind], source, amass, out, watch)
        return report_of_annotations(out, made)


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
    stream: TextIO | None = None,
) -> ImportReport:
    template = read_template(captions) if captions else read_template()
    divide = read_split_template(splits) if splits else read_split_template()
    with only_import(out):
        watch = watching(stream, "files")
        return report_of(import_folder(source, out, kind, template, divide, watch))
