"""Read the motions of a file: joints or features as `.npy`, or results of a text-to-motion model.

The shape of the array tells what it is. Positions and features become joints in HumanML3D's frame
or in AMASS's world; the 272 features also have SMPL's own rotations.

Formats: EricGuo5513/HumanML3D (`new_joints`, `new_joint_vecs`), GuyTevet/motion-diffusion-model
(`results.npy`), Li-xingXiao/272-dim-Motion-Representation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.pickled_npy import read_pickled_npy
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.representations import repr272
from motiondata.representations.humanml3d_recovery import recover_joints
from motiondata.representations.skeleton import KIT, T2M
from motiondata.skeletons import JOINTS

Floats = NDArray[np.float64]

SMPL_FPS, KIT_FPS, REPR272_FPS = T2M.fps, KIT.fps, 30.0
"""The frame rates of HumanML3D, KIT-ML and MotionStreamer, Hz, where none is given."""

JOINT_COUNTS = {JOINTS: SMPL_FPS, 24: SMPL_FPS, KIT.joints: KIT_FPS}
"""The numbers of joints that a file may have, and their usual frame rates."""

EXPECTED = (
    "joints shaped (frames, 22, 3), (frames, 24, 3) or (frames, 21, 3), features shaped (frames, "
    "263), (frames, 251) or (frames, 272), or a results.npy of MDM"
)


@dataclass(frozen=True, eq=False)
class JointMotion:
    """The joints of one motion, before a body is fitted."""

    name: str
    """The name of the file without its suffix; for one of several motions, with its number."""
    joints: Floats
    """Positions shaped (frames, joints, 3)."""
    up: str | None
    """The axis that points up, `y` or `z`; None if the file does not define it."""
    unit: str | None
    """The unit that the format defines, or None."""
    fps: float
    """The usual frame rate of the format, Hz."""
    rotations: Floats | None = None
    """SMPL's local rotations (frames, 22, 3, 3) in AMASS's world, if the format has them."""
    captions: tuple[str, ...] = ()
    synthetic: bool = False
    """Whether a model generated the motion."""

    @property
    def what(self) -> str:
        """What the file has, in words."""
        rotations = "" if self.rotations is None else " with rotations"
        return f"{self.joints.shape[1]} joints{rotations}"


def read_motions(path: Path) -> Iterator[JointMotion]:
    """Yield the motions of a file.

    Raises `RecordingError` if the file cannot be read (UNREADABLE) or holds something else
    (INVALID), or features are not finite (NOT_FINITE).
    """
    try:
        array = np.load(path, allow_pickle=False)
    except ValueError as error:
        if "allow_pickle=False" not in str(error):
            # NumPy takes any file without its header for a pickle, and advises to load it as one.
            found = "no header of a .npy file" if "pickled" in str(error) else str(error)
            raise _unreadable(path, found) from error
        yield from _read_results(path)
        return
    except (OSError, EOFError, MemoryError) as error:  # a header may promise any number of frames
        raise _unreadable(path, str(error)) from error
    if not isinstance(array, np.ndarray):
        raise _other(path, "an archive of several arrays")
    yield _read_array(path, array)


def _read_array(path: Path, array: NDArray[np.float64]) -> JointMotion:
    if array.ndim == 3 and array.shape[2] == 3 and array.shape[1] in JOINT_COUNTS:
        return JointMotion(path.stem, array, None, None, JOINT_COUNTS[array.shape[1]])
    columns = array.shape[1] if array.ndim == 2 else 0
    if columns not in (T2M.columns, KIT.columns, repr272.COLUMNS):
        raise _other(path, f"{array.dtype} shaped {array.shape}")
    if not len(array):
        raise RecordingError(DropReason.TOO_SHORT, f"{path.name}: found features of no frame")
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # joints that are not finite are refused
            return _recover(path.stem, array, columns)
    except InputError as error:
        raise RecordingError(DropReason.NOT_FINITE, f"{path.name}: {error}") from error


def _recover(name: str, vectors: NDArray[np.float64], columns: int) -> JointMotion:
    if columns == repr272.COLUMNS:
        posed = repr272.posed_to_amass(repr272.recover_repr272(vectors))
        return JointMotion(name, posed.joints, "z", "m", REPR272_FPS, posed.rotations)
    skeleton, unit = (T2M, "m") if columns == T2M.columns else (KIT, "mm")
    joints = recover_joints(vectors, skeleton).astype(np.float64)
    return JointMotion(name, joints, "y", unit, skeleton.fps)


def _read_results(path: Path) -> Iterator[JointMotion]:
    """Yield the motions of MDM's results: motion (n, joints, 3, frames), text and lengths."""
    try:
        results = read_pickled_npy(path, "a results.npy of MDM")
    except InputError as error:
        raise RecordingError(DropReason.UNREADABLE, str(error)) from error
    motion, lengths = results.get("motion"), results.get("lengths")
    if not isinstance(motion, np.ndarray) or motion.ndim != 4 or motion.shape[2] != 3:
        raise _other(path, "a dict without motions shaped (motions, joints, 3, frames)")
    if not isinstance(lengths, np.ndarray) or lengths.shape != motion.shape[:1]:
        raise _other(path, f"a dict without the lengths of its {len(motion)} motions")
    if lengths.dtype.kind not in "iu" or not ((lengths >= 0) & (lengths <= motion.shape[3])).all():
        raise _other(path, f"lengths that are not frames from 0 to {motion.shape[3]}")
    if motion.shape[1] not in JOINT_COUNTS:
        raise _other(path, f"motions of {motion.shape[1]} joints")
    texts = results.get("text")
    texts = texts if isinstance(texts, list) and len(texts) == len(motion) else []
    for number, frames in enumerate(lengths.tolist()):
        caption = texts[number] if texts else ""
        yield JointMotion(
            f"{path.stem}_{number:03d}",
            np.moveaxis(motion[number], -1, 0)[:frames],
            "y",
            None,
            JOINT_COUNTS[motion.shape[1]],
            captions=(caption,) if isinstance(caption, str) and caption.strip() else (),
            synthetic=True,
        )


def _unreadable(path: Path, found: str) -> RecordingError:
    return RecordingError(
        DropReason.UNREADABLE, f"{path.name}: cannot be read ({found}); expected {EXPECTED}"
    )


def _other(path: Path, found: str) -> RecordingError:
    return RecordingError(DropReason.INVALID, f"{path.name}: found {found}; expected {EXPECTED}")
