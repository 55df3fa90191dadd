"""Convert CMU recordings from ASF/AMC to `.npz` files in the layout of AMASS's CMU subset.

AMASS fitted its bodies to the same trials, frame by frame, so the CMU rows of the HumanML3D index
also apply to the files written here. The betas are those of the body; `shape_space` records this
for readers.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import ShapedBody, shape_body
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.recording import Recording
from motiondata.sources.cmu.amc import read_amc
from motiondata.sources.cmu.asf import AsfSkeleton, read_asf
from motiondata.sources.cmu.fit_shape import fit_betas
from motiondata.sources.cmu.frame_rates import trial_fps
from motiondata.sources.cmu.kinematics import WorldBones, pose_bones
from motiondata.sources.cmu.retarget import check_bones, retarget
from motiondata.sources.imports.kind import ImportedMotion, ImportKind

SUBSET = "CMU"
"""Name of the AMASS subset folder that the recordings are written to."""

CMU_LICENSE = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217. "
    "Free to use, also in commercial products; not to be resold, even in converted form."
)
"""The acknowledgment requested by mocap.cs.cmu.edu, and its terms of use."""


@dataclass(frozen=True)
class CmuSubject:
    """A skeleton and a body, shaped to the size of the skeleton."""

    skeleton: AsfSkeleton
    shaped: ShapedBody
    betas: NDArray[np.float64]
    """Coefficients of the body's shape space, shaped (16,)."""


class _Converter:
    """Converts motions; a subject, of which one is kept, is read once for its motions."""

    def __init__(self, body: Body) -> None:
        self._subject_of = lru_cache(maxsize=1)(partial(read_subject, body=body))

    def convert(self, motion: Path) -> list[ImportedMotion]:
        subject = self._subject_of(_skeleton_of(motion))
        return [ImportedMotion(read_motion(motion, subject), motion.stem)]


def cmu_kind(source: Path, body: Body | None = None, settings: str = "") -> ImportKind:
    """Return how CMU's motions (.amc) below a folder are imported, on a body.

    The skeleton (.asf) of a motion is in the same folder. File suffixes may be upper case. The body
    is the bundled one by default; `settings` names it in the provenance. Raises `InputError` if
    there is no skeleton.
    """
    if source.exists() and not any(_is_skeleton(path) for path in source.rglob("*")):
        raise InputError(
            f"{source}: expected a folder of CMU's skeletons and motions, such as "
            f"subjects/02/02.asf and 02_01.amc; found no .asf file"
        )
    return ImportKind(
        name="cmu",
        suffixes=(".amc",),
        convert=_Converter(body or bundled_body()).convert,
        settings=settings,
        folders=lambda _, motion: (SUBSET, _subject(motion)),
        others=lambda motion: [_skeleton_of(motion)],
    )


def _is_skeleton(path: Path) -> bool:
    return path.suffix.lower() == ".asf"


def _subject(motion: Path) -> str:
    return motion.stem.rpartition("_")[0]


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


def read_subject(path: Path, body: Body | None = None) -> CmuSubject:
    """Read a skeleton and fit a body, by default the bundled one, to its size.

    Raises `RecordingError` if the skeleton is invalid.
    """
    skeleton = read_asf(path)
    check_bones(skeleton)
    body = body or bundled_body()
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
