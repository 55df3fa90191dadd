"""Convert CMU recordings from ASF/AMC to `.npz` files in the layout of AMASS's CMU subset.

AMASS fitted its bodies to the same trials, frame by frame, so the CMU rows of the HumanML3D index
also apply to the files written here. The betas are those of the bundled body; `shape_space` records
this for readers.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import ShapedBody, shape_body
from motiondata.counting import counted
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.npz import array_to_text, open_npz
from motiondata.recording import Recording
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.cmu.amc import read_amc
from motiondata.sources.cmu.asf import AsfSkeleton, read_asf
from motiondata.sources.cmu.fit_shape import fit_betas
from motiondata.sources.cmu.frame_rates import trial_fps
from motiondata.sources.cmu.kinematics import WorldBones, pose_bones
from motiondata.sources.cmu.retarget import check_bones, retarget

SUBSET = "CMU"
"""Name of the AMASS subset folder that the recordings are written to."""

CMU_LICENSE = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217. "
    "Free to use, also in commercial products; not to be resold, even in converted form."
)
"""The acknowledgment requested by mocap.cs.cmu.edu, and its terms of use."""


class Failure(NamedTuple):
    """A motion that could not be imported."""

    source: str
    """Path relative to the imported folder, with forward slashes."""
    message: str
    """The error message."""


@dataclass(frozen=True)
class CmuReport:
    """The result of an import: written recordings and frames, and failures."""

    recordings: int
    frames: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class CmuSubject:
    """A skeleton and the bundled body, shaped to the size of the skeleton."""

    skeleton: AsfSkeleton
    shaped: ShapedBody
    betas: NDArray[np.float64]
    """Coefficients of the bundled body's shape space, shaped (16,)."""


def import_cmu(source: Path, out: Path) -> CmuReport:
    """Convert all motions (.amc) below a folder and write the recordings to OUT/CMU.

    The skeleton (.asf) of a motion is in the same folder. File suffixes may be upper case. A faulty
    file is skipped and reported. Files written by an earlier import are overwritten. Raises
    `InputError` if there is no skeleton or no motion, if `out` is a file, if an output path holds a
    recording that was not written by an import (such as AMASS's), or if nothing could be imported.
    """
    _expect_files(source)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: expected a folder to write to, found a file")
    report = _import_motions(source, out)
    if not report.recordings:
        failed = counted(len(report.failures), "motion")
        raise InputError(
            f"{source}: nothing could be imported, {failed} failed; the first one: "
            f"{report.failures[0].message}"
        )
    return report


def _import_motions(source: Path, out: Path) -> CmuReport:
    motions = _files(source, ".amc")
    copies = Counter(motion.stem for motion in motions)
    for motion in motions:
        _expect_no_other(_written_to(out, motion))
    subjects: dict[Path, CmuSubject] = {}
    frames: list[int] = []
    failures: list[Failure] = []
    for motion in motions:
        try:
            _expect_one(motion, copies)
            frames.append(_import_motion(motion, out, subjects))
        except RecordingError as error:
            failures.append(Failure(motion.relative_to(source).as_posix(), str(error)))
    return CmuReport(len(frames), sum(frames), tuple(failures))


def _expect_files(source: Path) -> None:
    if not source.exists():
        raise InputError(f"{source} does not exist; expected a folder of CMU's files")
    for suffix in (".asf", ".amc"):
        if not _files(source, suffix):
            raise InputError(
                f"{source}: expected a folder of CMU's skeletons and motions, "
                f"such as subjects/02/02.asf and 02_01.amc; found no {suffix} file"
            )


def _files(source: Path, suffix: str) -> list[Path]:
    """Return the files below a folder with a suffix in upper or lower case, sorted."""
    paths = source.rglob("*")
    return sorted(path for path in paths if path.suffix.lower() == suffix and path.is_file())


def _expect_one(motion: Path, copies: Counter[str]) -> None:
    if copies[motion.stem] > 1:
        raise RecordingError(
            DropReason.AMBIGUOUS,
            f"{motion.name}: expected one motion of this name, found {copies[motion.stem]}, "
            f"in different folders or with suffixes in different case; keep one of them",
        )


def _expect_no_other(path: Path) -> None:
    """Raise `InputError` if a file exists that was not written by an import."""
    if path.exists() and not _is_imported(path):
        raise InputError(
            f"{path}: expected nothing, or what an earlier import wrote; found another recording, "
            f"such as AMASS's own, which would be lost. Choose another --out"
        )


def _is_imported(path: Path) -> bool:
    """Return whether a file is a recording with the license text written by imports."""
    with suppress(RecordingError, ValueError), open_npz(path, path.name) as npz:
        return "licence" in npz.members and array_to_text(npz.read("licence")) == CMU_LICENSE
    return False


def _written_to(out: Path, motion: Path) -> Path:
    return out / SUBSET / _subject(motion) / f"{motion.stem}_poses.npz"


def _subject(motion: Path) -> str:
    return motion.stem.rpartition("_")[0]


def _import_motion(motion: Path, out: Path, subjects: dict[Path, CmuSubject]) -> int:
    """Convert one motion and return its number of frames; cache its subject in `subjects`."""
    skeleton = _skeleton_of(motion)
    if skeleton not in subjects:
        subjects[skeleton] = read_subject(skeleton)
    recording = read_motion(motion, subjects[skeleton])
    write_amass(_written_to(out, motion), recording)
    return recording.frames


def _skeleton_of(motion: Path) -> Path:
    """Return the skeleton of a motion, from the same folder.

    Raises `RecordingError` unless the folder has exactly one.
    """
    name = f"{_subject(motion)}.asf"
    neighbors = motion.parent.iterdir()
    found = sorted(
        path for path in neighbors if (path.stem, path.suffix.lower()) == (_subject(motion), ".asf")
    )
    if len(found) != 1:
        names = " and ".join(path.name for path in found) or f"no {name}"
        raise RecordingError(
            DropReason.AMBIGUOUS if found else DropReason.MISSING,
            f"{motion.name}: expected its skeleton in the same folder, such as 02.asf for "
            f"02_01.amc; found {names}",
        )
    return found[0]


def read_subject(path: Path) -> CmuSubject:
    """Read a skeleton and fit the bundled body to its size.

    Raises `RecordingError` if the skeleton is invalid.
    """
    skeleton = read_asf(path)
    check_bones(skeleton)
    body = bundled_body()
    betas = fit_betas(skeleton, body)
    return CmuSubject(skeleton, shape_body(body, betas), betas)


def read_motion(path: Path, subject: CmuSubject) -> Recording:
    """Read a motion of a subject as a recording of SMPL joints.

    Raises `RecordingError` if the motion is invalid.
    """
    motion = read_amc(path, subject.skeleton)
    return convert_motion(pose_bones(subject.skeleton, motion), subject, path.stem, motion.fps)


def convert_motion(
    world: WorldBones, subject: CmuSubject, trial: str, fps: float | None = None
) -> Recording:
    """Convert a subject's posed bones to a recording of SMPL joints.

    `trial` is the name of the trial, such as `02_01`. `fps` is the frame rate declared in the file,
    Hz; the default is the rate of the CMU trial (`trial_fps`).
    """
    motion = retarget(world, subject.shaped.joints)
    return Recording(
        pose=motion.pose,
        trans=motion.pelvis - subject.shaped.joints[0],
        fps=fps or trial_fps(trial),
        gender="neutral",
        betas=subject.betas,
        source=trial,
        shape_space=subject.shaped.body.shape_space,
        licence=CMU_LICENSE,
    )
