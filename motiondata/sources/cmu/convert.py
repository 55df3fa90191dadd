"""Import CMU's recordings: ASF/AMC in, `.npz` in the layout of AMASS's CMU subset out.

AMASS fitted its bodies to the same trials, frame by frame, so HumanML3D's rows of CMU find what is
written here. The betas are the bundled body's, and `shape_space` says so to every reader.
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
"""The folder of AMASS's that the recordings go to."""

CMU_LICENCE = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217. "
    "Free to use, also in commercial products; not to be resold, even in converted form."
)
"""Whom to credit, in the words that mocap.cs.cmu.edu asks for, and its terms."""


class Failure(NamedTuple):
    """A motion that could not be imported."""

    source: str
    """Its path under the folder that was imported, with forward slashes."""
    message: str
    """Why, as its error says it."""


@dataclass(frozen=True)
class CmuReport:
    """What an import wrote, and what it could not."""

    recordings: int
    frames: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class CmuSubject:
    """A skeleton, and the bundled body in its size."""

    skeleton: AsfSkeleton
    shaped: ShapedBody
    betas: NDArray[np.float64]
    """Shaped (16,)."""


def import_cmu(source: Path, out: Path) -> CmuReport:
    """Write the motions (.amc) below a folder, each with the skeleton beside it, to OUT/CMU.

    Suffixes may be of upper case.

    A bad file costs itself alone and is reported. What an earlier import wrote is written again.
    Raises `InputError` where there is no skeleton or no motion, no folder to write to, a recording
    of AMASS's own in the place of one, or nothing that could be imported.
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
                f"{source}: expected a folder of CMU's skeletons with their motions beside them, "
                f"such as subjects/02/02.asf and 02_01.amc; found no {suffix} file"
            )


def _files(source: Path, suffix: str) -> list[Path]:
    """Return the files of a suffix, in either case, below a folder, in order."""
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
    """Raise `InputError` where a file lies that no import wrote."""
    if path.exists() and not _is_imported(path):
        raise InputError(
            f"{path}: expected nothing, or what an earlier import wrote; found another recording, "
            f"such as AMASS's own, which would be lost. Choose another --out"
        )


def _is_imported(path: Path) -> bool:
    """Tell whether a file is a recording with the licence that imports write."""
    with suppress(RecordingError, ValueError), open_npz(path, path.name) as npz:
        return "licence" in npz.members and array_to_text(npz.read("licence")) == CMU_LICENCE
    return False


def _written_to(out: Path, motion: Path) -> Path:
    return out / SUBSET / _subject(motion) / f"{motion.stem}_poses.npz"


def _subject(motion: Path) -> str:
    return motion.stem.rpartition("_")[0]


def _import_motion(motion: Path, out: Path, subjects: dict[Path, CmuSubject]) -> int:
    """Write one motion and return its frames; subjects that were read before are not read again."""
    skeleton = _skeleton_of(motion)
    if skeleton not in subjects:
        subjects[skeleton] = read_subject(skeleton)
    recording = read_motion(motion, subjects[skeleton])
    write_amass(_written_to(out, motion), recording)
    return recording.frames


def _skeleton_of(motion: Path) -> Path:
    """Return the skeleton beside a motion."""
    name = f"{_subject(motion)}.asf"
    beside = motion.parent.iterdir()
    found = sorted(
        path for path in beside if (path.stem, path.suffix.lower()) == (_subject(motion), ".asf")
    )
    if len(found) != 1:
        names = " and ".join(path.name for path in found) or f"no {name}"
        raise RecordingError(
            DropReason.AMBIGUOUS if found else DropReason.MISSING,
            f"{motion.name}: expected its skeleton beside it, as 02.asf is of 02_01.amc; found "
            f"{names}",
        )
    return found[0]


def read_subject(path: Path) -> CmuSubject:
    """Read a skeleton and give the bundled body its size; raises `RecordingError`."""
    skeleton = read_asf(path)
    check_bones(skeleton)
    body = bundled_body()
    betas = fit_betas(skeleton, body)
    return CmuSubject(skeleton, shape_body(body, betas), betas)


def read_motion(path: Path, subject: CmuSubject) -> Recording:
    """Read a motion of a subject as a recording of SMPL's joints; raises `RecordingError`."""
    motion = read_amc(path, subject.skeleton)
    return convert_motion(pose_bones(subject.skeleton, motion), subject, path.stem, motion.fps)


def convert_motion(
    world: WorldBones, subject: CmuSubject, trial: str, fps: float | None = None
) -> Recording:
    """Turn a subject's bones into a recording of SMPL's joints; `trial` is named as its file.

    `fps` is the frame rate that the file declares; without one it is that of CMU's trial.
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
        licence=CMU_LICENCE,
    )
