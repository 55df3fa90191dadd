"""Convert files of joints and features to recordings in the layout of AMASS's SMPL+H release.

The betas are those of the bundled body; `shape_space` records this for readers. Where a file has
captions, they are written as `texts/<name>.txt`, which builds read.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.counting import counted
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import whole_or_absent
from motiondata.fitting.fit_joints import fit_joints
from motiondata.fitting.fit_shape import fit_betas, rest_joints
from motiondata.fitting.joint_clip import read_clip
from motiondata.npz import array_to_text, open_npz
from motiondata.recording import Recording
from motiondata.rotations import rotmat_to_rotvec
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.joints.read_motions import JointMotion, read_motions

Floats = NDArray[np.float64]

SUBSET = "joints"
"""Name of the folder that the recordings are written to."""

PROVENANCE = "Poses fitted to joint positions by motiondata"
"""The note on every recording begins with this text."""


@dataclass(frozen=True)
class JointOptions:
    """What files of joints do not say themselves. Formats that define a value keep their own."""

    up: str = "y"
    """The axis that points up in files of positions: `y` (HumanML3D) or `z` (AMASS)."""
    unit: str | None = None
    """The unit of positions, `m`, `cm`, `mm` or `in`; None finds it from the person's size."""
    fps: float | None = None
    """Frames per second; None is 20, 12.5 for KIT-ML's skeleton, and 30 for 272 features."""
    note: str = ""
    """A note on the license and the origin of the files, stored in every recording."""


class Failure(NamedTuple):
    """A file or a motion that could not be imported."""

    source: str
    """Path relative to the imported folder, with forward slashes."""
    message: str


@dataclass(frozen=True)
class JointsReport:
    """The result of an import: written recordings and frames, their errors, and failures."""

    recordings: int
    frames: int
    mean_error_meters: float
    """The mean distance of joints from their positions; the bundled body has other proportions."""
    failures: tuple[Failure, ...]


def import_joints(source: Path, out: Path, options: JointOptions = JointOptions()) -> JointsReport:
    """Convert a file, or all `.npy` files below a folder, and write the recordings to OUT/joints.

    A faulty file is skipped and reported. Files written by an earlier import are overwritten.
    Raises `InputError` if there is no file, if an output path holds a recording that was not
    written by an import, or if nothing could be imported.
    """
    root, paths = _files(source)
    copies = Counter(path.stem for path in paths)
    frames: list[int] = []
    errors: list[float] = []
    failures: list[Failure] = []
    for path in paths:
        try:
            if copies[path.stem] > 1:
                raise _ambiguous(path, copies[path.stem])
            for motion in read_motions(path):
                recording, error = convert_motion(motion, options)
                _write(out, recording, motion)
                frames.append(recording.frames)
                errors.append(error)
        except RecordingError as problem:
            failures.append(Failure(path.relative_to(root).as_posix(), str(problem)))
    if not frames:
        raise InputError(
            f"{source}: nothing could be imported, {counted(len(failures), 'file')} failed; the "
            f"first one: {failures[0].message}"
        )
    mean = float(np.average(errors, weights=frames))
    return JointsReport(len(frames), sum(frames), mean, tuple(failures))


def convert_motion(motion: JointMotion, options: JointOptions) -> tuple[Recording, float]:
    """Return a recording of the bundled body that follows a motion, and its mean error, meters.

    The error of a motion that has rotations is 0: they are taken as they are. Raises
    `RecordingError` if the motion cannot be fitted, and `InputError` for unknown options.
    """
    body, fps = bundled_body(), motion.fps if options.fps is None else options.fps
    up, unit = motion.up or options.up, motion.unit or options.unit
    if motion.rotations is not None:
        return _with_rotations(motion, motion.rotations, fps, options), 0.0
    fitted = fit_joints(motion.joints, up=up, fps=fps, unit=unit, body=body, where=motion.name)
    error = float(np.nanmean(fitted.errors))
    note = f"{PROVENANCE} from {motion.name}, {1000 * error:.1f} mm in the mean. {options.note}"
    recording = Recording(
        pose=fitted.pose,
        trans=fitted.trans,
        fps=fps,
        gender="neutral",
        betas=fitted.betas,
        source=motion.name,
        shape_space=body.shape_space,
        licence=note.strip(),
        synthetic=motion.synthetic,
    )
    return recording, error


def _with_rotations(
    motion: JointMotion, rotations: Floats, fps: float, options: JointOptions
) -> Recording:
    """Return a recording with the rotations of a motion; only the shape is fitted."""
    body = bundled_body()
    clip = read_clip(motion.joints, "z", "m", body.joints_template, motion.name)
    betas = fit_betas(clip, body)
    rest, _ = rest_joints(body, betas)
    return Recording(
        pose=rotmat_to_rotvec(rotations),
        trans=clip.joints[:, 0] - rest[0],
        fps=fps,
        gender="neutral",
        betas=betas,
        source=motion.name,
        shape_space=body.shape_space,
        licence=f"{PROVENANCE} from {motion.name}, with its rotations. {options.note}".strip(),
    )


def _files(source: Path) -> tuple[Path, list[Path]]:
    """Return the folder that names are relative to, and the files, sorted."""
    if source.is_file():
        return source.parent, [source]
    paths = sorted(path for path in source.rglob("*.npy") if path.is_file())
    if not paths:
        raise InputError(f"{source}: expected a .npy file, or a folder of them; found none")
    return source, paths


def _ambiguous(path: Path, copies: int) -> RecordingError:
    return RecordingError(
        DropReason.AMBIGUOUS,
        f"{path.name}: expected one file of this name, found {copies} in different folders; "
        f"import the folders one by one",
    )


def _write(out: Path, recording: Recording, motion: JointMotion) -> None:
    path = out / SUBSET / f"{motion.name}_poses.npz"
    if path.exists() and not _is_imported(path):
        raise InputError(
            f"{path}: expected nothing, or what an earlier import wrote; found another recording, "
            f"which would be lost. Choose another --out"
        )
    write_amass(path, recording)
    if motion.captions:
        with whole_or_absent(out / "texts" / f"{motion.name}.txt") as text:
            text.write_text(
                "".join(f"{_line(caption)}\n" for caption in motion.captions), encoding="utf-8"
            )


def _line(caption: str) -> str:
    """Return a caption as a line of a file of captions, in which `#` separates fields."""
    return " ".join(caption.replace("#", " ").split())


def _is_imported(path: Path) -> bool:
    """Return whether a file is a recording with the note written by imports."""
    with suppress(RecordingError, ValueError), open_npz(path, path.name) as npz:
        return "licence" in npz.members and array_to_text(npz.read("licence")).startswith(
            PROVENANCE
        )
    return False
