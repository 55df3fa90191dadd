"""`motiondata edit-pose`: a frame of a recording, edited as a text asks.

What is written is a recording whose frame 0 is the pose before, and whose other frames are edits:
so builds, viewers and exports read it, and the two can be compared.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_joints
from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.guards import check_pose_is_rotations, plausible_frames
from motiondata.pose_pairs.postures import Headings
from motiondata.recording import Recording
from motiondata.sources.amass.reader import read_recording
from motiondata.sources.amass.writer import recording_to_npz
from pipelines.clips.bodies import load_bodies_by_gender
from pipelines.clips.read_clip import shape_recorded_body
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset
from pipelines.engine.reports import Report
from pipelines.training.pose_editing.load_pose_editor import load_pose_editor
from pipelines.training.pose_editing.options import EditOptions
from shards.format.publishing import publish

Floats = NDArray[np.float64]
LICENSE = "edited by a model of motiondata"
MILLIMETERS = 1000.0


@dataclass(frozen=True)
class EditedPose(Report):
    """An edited pose that was written."""

    file: Path
    """Recording whose frame 0 is the pose before, and whose other frames are edits."""
    recording: str
    frame: int
    """The frame of the recording that was edited, from 0."""
    text: str
    edits: int
    """Number of edits."""
    moved_mm: tuple[float, ...]
    """Of each edit the mean distance of the joints from those before, the pelvis at one place."""

    def lines(self) -> list[str]:
        """Return a line about the edits and one about the file."""
        moved = ", ".join(f"{each:.0f}" for each in self.moved_mm)
        return [
            f"frame {self.frame} of {self.recording}: joints moved by {moved} mm on average",
            f"{self.file}: frame 0 is the pose before, followed by {counted(self.edits, 'edit')}; "
            f"to see them: motiondata view {self.file}",
        ]


def edit_pose(recording: Path, out: Path, options: EditOptions) -> EditedPose:
    """Edit a frame of a recording, and write the pose before and the edits as a recording.

    Raises `InputError` for a frame that the recording does not have, and for files that are not
    a recording or an editor, and `RecordingError` for a damaged recording.
    """
    _expect_file(out, recording)
    with os_errors_as_aborted(out.parent):
        source = read_recording(recording, recording.name)
        number = _frame_of(source, options.frame)
        edits = _edits(source.pose[number], options)
        poses = np.concatenate([source.pose[None, number], edits])
        written = _written(source, poses, source.trans[number])
        out.parent.mkdir(parents=True, exist_ok=True)
        publish(out, recording_to_npz(written))
    joints = pose_joints(_shape(source), poses, np.zeros((len(poses), 3)))
    moved = np.linalg.norm(joints[1:] - joints[0], axis=-1).mean(1) * MILLIMETERS
    distances = tuple(moved.tolist())
    return EditedPose(out, recording.name, number, options.text, len(edits), distances)


def _expect_file(out: Path, recording: Path) -> None:
    if out.suffix.lower() != ".npz":
        raise InputError(f"--out: expected a name that ends with .npz, found {out}")
    if out.resolve() == recording.resolve():
        raise InputError(f"--out: expected another file than the recording, found {out}")
    expect_no_dataset(out)


def _edits(before: Floats, options: EditOptions) -> Floats:
    """Return edits of a pose (22, 3), shaped (edits, 22, 3), with the heading of the pose."""
    editor = load_pose_editor(options.checkpoint)
    seeds: list[int | None] = [options.seed + draw for draw in range(options.draws)]
    headings = Headings.of(before[None, 0])
    upright = before[None].copy()
    upright[:, 0] = headings.remove_from_roots(before[None, 0])
    edits = np.concatenate(editor.edit_repeatedly(upright, [options.text], seeds or [None]))
    back = Headings(headings.half_cosine, -headings.half_sine)
    edits[:, 0] = back.remove_from_roots(edits[:, 0])
    return edits


def _frame_of(source: Recording, asked: int) -> int:
    """Return the number of a frame that is a pose; a negative number counts from the end."""
    number = asked + source.frames if asked < 0 else asked
    if not 0 <= number < source.frames:
        raise InputError(
            f"{source.source}: expected a --frame from 0 to {source.frames - 1}, found {asked}"
        )
    check_pose_is_rotations(source)
    one = slice(number, number + 1)
    usable = plausible_frames(source.pose[one], source.trans[one]).all()
    if not usable or not np.isfinite(source.betas).all():
        raise InputError(
            f"{source.source}: frame {number} is not a pose; expected finite rotations in radians "
            "and positions in meters; choose another --frame"
        )
    return number


def _written(source: Recording, poses: Floats, place: Floats) -> Recording:
    """Return a recording of poses whose lowest joints are at the height of those of the first."""
    trans = np.repeat(place[None], len(poses), axis=0)
    lowest = pose_joints(_shape(source), poses, trans)[..., 2].min(axis=1)
    trans[:, 2] += lowest[0] - lowest
    licence = f"{source.licence}; {LICENSE}" if source.licence else LICENSE
    return replace(source, pose=poses, trans=trans, licence=licence, labels={})


def _shape(source: Recording) -> ShapedBody:
    body = load_bodies_by_gender(None)[source.gender]
    return shape_recorded_body(source, body, mean_shape=False)
