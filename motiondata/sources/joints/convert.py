"""Convert files of joints and features to recordings in the layout of AMASS's SMPL+H release.

The betas are those of the body that is fitted; `shape_space` records this for readers.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.bundled import bundled_body
from motiondata.fitting.fit_joints import fit_joints
from motiondata.fitting.fit_shape import fit_betas, rest_joints
from motiondata.fitting.joint_clip import read_clip
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.recording import Recording
from motiondata.rotations import rotmat_to_rotvec
from motiondata.sources.imports.kind import ImportedMotion, ImportKind
from motiondata.sources.joints.read_motions import JointMotion, read_motions

Floats = NDArray[np.float64]

PROVENANCE = "Poses fitted to joint positions by motiondata"
"""The note on every recording begins with this text."""


@dataclass(frozen=True)
class JointOptions:
    """What files of joints do not say themselves. Formats that define a value keep their own."""

    up: str = "y"
    """The axis that points up in files of positions: `y` (HumanML3D) or `z` (AMASS)."""
    unit: str | None = None
    """The unit of positions, `m`, `cm`, `mm` or `inch`; None finds it from the person's size."""
    fps: float | None = None
    """Frames per second; None is 20, 12.5 for KIT-ML's skeleton, and 30 for 272 features."""
    note: str = ""
    """A note on the license and the origin of the files, stored in every recording."""


def joints_kind(
    options: JointOptions = JointOptions(), body: Body | None = None, settings: str = ""
) -> ImportKind:
    """Return how files of joints and features are imported, on a body, by default the bundled one.

    `settings` names the body in the provenance.
    """

    def convert(path: Path) -> Iterator[ImportedMotion]:
        for motion in read_motions(path):
            recording, error = convert_motion(motion, options, body)
            found = (f"{motion.what}, {recording.fps:g} frames a second",)
            yield ImportedMotion(recording, motion.name, found, motion.captions, error)

    given = json.dumps(asdict(options), sort_keys=True)
    return ImportKind("joints", (".npy",), convert, given + settings, choose=without_mirrored)


def without_mirrored(files: Sequence[Path]) -> list[Path]:
    """Return the files without those of mirrored clips, such as M012314.npy beside 012314.npy.

    Builds make mirrored clips of the others.
    """
    names = {(file.parent, file.name) for file in files}
    return [
        file
        for file in files
        if not file.name.startswith(MIRRORED_PREFIX)
        or (file.parent, file.name.removeprefix(MIRRORED_PREFIX)) not in names
    ]


def convert_motion(
    motion: JointMotion, options: JointOptions, body: Body | None = None
) -> tuple[Recording, float]:
    """Return a recording of a body that follows a motion, and its mean error, meters.

    The error of a motion that has rotations is 0: they are taken as they are. Raises
    `RecordingError` if the motion cannot be fitted, and `InputError` for unknown options.
    """
    body, fps = body or bundled_body(), motion.fps if options.fps is None else options.fps
    up, unit = motion.up or options.up, motion.unit or options.unit
    if motion.rotations is not None:
        return _with_rotations(motion, motion.rotations, fps, options, body), 0.0
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
    motion: JointMotion, rotations: Floats, fps: float, options: JointOptions, body: Body
) -> Recording:
    """Return a recording with the rotations of a motion; only the shape is fitted."""
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
