"""Convert files of SMPL, SMPL-H and SMPL-X poses to recordings in AMASS's layout."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.bodies.templates import place_on_body
from motiondata.counting import counted
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.guards import CHECKED_FRAMES, plausible_frames
from motiondata.recording import GENDERS, SMPL_SHAPES, Recording
from motiondata.skeletons import JOINT
from motiondata.sources.humanml3d.whole_recordings import NO_MOTIONS
from motiondata.sources.imports.kind import ImportedMotion, ImportKind
from motiondata.sources.smpl.layouts import SmplMotion, find_motion
from motiondata.sources.smpl.read_arrays import READERS, read_people
from motiondata.sources.smpl.upright import UPS, find_up, pelvis_at_rest, turn_to_z

Floats = NDArray[np.float64]

SUFFIXES = tuple(READERS)

FLOOR_METERS = 0.15
"""Height of the feet above the floor up to which the floor of a file is kept, as for BVH."""

FLOOR_PERCENT = 5.0
"""The percentile of the height of the lower foot that counts as standing."""

FOOT_METERS = 0.02
"""Height of the joint of the toes above the sole."""


@dataclass(frozen=True)
class SmplOptions:
    """What files of poses do not say themselves."""

    shape_space: str = SMPL_SHAPES
    """The shape space of betas, unless the keys of a file are those of SMPL-X."""
    up: str = "auto"
    """The direction that is up: auto, x, -x, y, -y, z or -z."""
    fps: float | None = None
    """Frames per second; by default, those of the file or of its layout."""
    licence: str = ""
    """A note on the license, which is stored in each recording."""

    def __post_init__(self) -> None:
        if self.up not in ("auto", *UPS):
            raise InputError(f"--up {self.up}: expected auto, {', '.join(UPS)}")
        if self.fps is not None and not self.fps > 0:
            raise InputError(f"--fps {self.fps:g}: expected a positive number")

    @property
    def settings(self) -> str:
        """The options as text."""
        return json.dumps(asdict(self), sort_keys=True)


def smpl_kind(name: str, options: SmplOptions) -> ImportKind:
    """Return how files of poses are imported; `name` is that of the kind."""

    def convert(path: Path) -> list[ImportedMotion]:
        return convert_smpl(path, options)

    return ImportKind(name, SUFFIXES, convert, options.settings, choose=without_shapes)


def without_shapes(files: Sequence[Path]) -> list[Path]:
    """Return the files without AMASS's files of subjects' shapes."""
    return [file for file in files if not NO_MOTIONS.fullmatch(file.stem)]


def convert_smpl(path: Path, options: SmplOptions) -> list[ImportedMotion]:
    """Return the recording of each person in a file.

    Raises `RecordingError` if there are no poses, no frame rate, or values that no person has.
    """
    return [
        _convert(f"{path.stem}_{person}" if person else path.stem, path, values, options)
        for person, values in read_people(path).items()
    ]


def _convert(
    name: str, path: Path, values: Mapping[str, Any], options: SmplOptions
) -> ImportedMotion:
    motion = find_motion(values, path.name)
    recording = replace(_recording(path, motion, options), source=name)
    _expect_plausible(recording)
    up = _find_up(recording) if options.up == "auto" else options.up
    pelvis = pelvis_at_rest(recording.shape_space, recording.betas)
    pose, trans = turn_to_z(recording.pose, recording.trans, up, pelvis)
    raised = _floor(recording, pose, trans)
    if raised:
        trans = trans - (0.0, 0.0, raised)
    notes = (
        f"{recording.fps:g} frames a second, up {up}, "
        f"betas of {recording.shape_space}, "
        + (f"floor moved by {-raised:.2f} m" if raised else "floor kept")
        + ("" if motion.has_trans else ", no translation: the pelvis stays in place")
        + (f", {motion.note}" if motion.note else ""),
    )
    return ImportedMotion(replace(recording, pose=pose, trans=trans), name, notes, motion.captions)


def _recording(path: Path, motion: SmplMotion, options: SmplOptions) -> Recording:
    fps = options.fps if options.fps is not None else motion.fps
    if fps is None:
        raise RecordingError(
            DropReason.INVALID, f"{path.name}: no frame rate in the file; give it with --fps"
        )
    gender = motion.gender.casefold()
    return Recording(
        pose=motion.pose,
        trans=motion.trans,
        fps=fps,
        gender=gender if gender in GENDERS else "neutral",
        betas=motion.betas,
        source=path.stem,
        shape_space=motion.shape_space or options.shape_space,
        licence=options.licence or motion.licence,
        synthetic=motion.synthetic,
    )


def _expect_plausible(recording: Recording) -> None:
    good = plausible_frames(recording.pose, recording.trans)
    if not good.all():
        raise RecordingError(
            DropReason.NOT_FINITE,
            f"{recording.source}: NaN, or poses or positions of no person, in {(~good).sum()} of "
            f"{counted(len(good), 'frame')}, first in frame {good.argmin()}",
        )


def _find_up(recording: Recording) -> str:
    """Return the direction that is up, from evenly spaced frames."""
    every = slice(None, None, max(1, recording.frames // CHECKED_FRAMES))
    shaped = shape_body(bundled_body(), np.zeros(bundled_body().shape_dirs.shape[2]))
    return find_up(shaped, recording.pose[every], recording.trans[every])


def _floor(recording: Recording, pose: Floats, trans: Floats) -> float:
    """Return the height of the feet while standing, or 0 if it is that of a floor."""
    body = bundled_body()
    placed = place_on_body(replace(recording, pose=pose, trans=trans), body)
    shaped = shape_body(body, np.zeros(body.shape_dirs.shape[2]))
    joints = pose_joints(shaped, placed.pose, placed.trans)
    feet = joints[:, [JOINT["left_foot"], JOINT["right_foot"]], 2].min(axis=1) - FOOT_METERS
    height = float(np.percentile(feet, FLOOR_PERCENT))
    return 0.0 if abs(height) <= FLOOR_METERS else height
