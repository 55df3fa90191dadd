"""From a planned row to its clip: read, check and cut the recording.

Recordings that are certainly wrong are rejected here, before a body is posed with them. Recordings
that are only unusual are flagged in the sample.
"""

import os
from collections.abc import Mapping
from functools import partial

import numpy as np

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody, pose_joints, shape_body
from motiondata.bodies.templates import place_on_body
from motiondata.clip import Clip
from motiondata.files import open_as_planned
from motiondata.guards import (
    check_plausible,
    check_pose_is_rotations,
    check_up_axis,
    checked_frames,
    plausible_frames,
)
from motiondata.recording import SMPLX_RELEASE, Recording
from motiondata.sources.amass.reader import read_recording
from motiondata.sources.humanml3d.clips_by_time import cut_clip_by_time
from motiondata.sources.humanml3d.index import Row
from motiondata.sources.humanml3d.resampled_clips import cut_clip_at
from motiondata.sources.humanml3d.trimming import cut_clip
from motiondata.sources.joints.humanact12 import read_humanact12
from pipelines.clips.options import JOINTS_SUFFIX, ClipSelection
from pipelines.clips.planned_clips import PlannedClip


def read_clip(
    planned: PlannedClip,
    selection: ClipSelection,
    bodies: Mapping[str, Body],
    fps: float | None = None,
) -> tuple[Clip, ShapedBody]:
    """Read, check and cut a clip. Return it and the body with the recording's shape.

    `bodies` are by gender. The clip is resampled to `fps`, Hz; without it, HumanML3D's stride rule
    gives the frame rate. Raises `RecordingError` if the recording is unusable, and `OSError` if
    it cannot be read or is not the file that was planned.
    """
    path = selection.path_of(planned.recording)
    # A name that is not UTF-8 opens its file, but cannot be written as text.
    source = os.fsencode(planned.recording).decode(errors="backslashreplace")
    open_file = partial(open_as_planned, planned.stamp)
    if path.suffix == JOINTS_SUFFIX:
        recording = read_humanact12(path, source, bodies["neutral"], open_file)
    else:
        recording = read_recording(path, source, open_file)
    check_pose_is_rotations(recording)
    recording = place_on_body(recording, bodies[recording.gender])
    clip = _cut(recording, planned.row, selection.has_index, fps)
    check_plausible(clip)
    shaped = shape_recorded_body(recording, bodies[recording.gender], selection.mean_shape)
    _check_up(recording, shaped)
    return clip, shaped


def _cut(recording: Recording, row: Row, has_index: bool, fps: float | None) -> Clip:
    # Frames in an index refer to SMPL+H recordings. Those of whole recordings are their own.
    if has_index and recording.release == SMPLX_RELEASE:
        return cut_clip_by_time(recording, row, fps)
    return cut_clip(recording, row) if fps is None else cut_clip_at(recording, row, fps)


def shape_recorded_body(recording: Recording, body: Body, mean_shape: bool) -> ShapedBody:
    """Shape the body by the recording's betas if both have the same shape space.

    Otherwise, and if `mean_shape` is set, use the body's mean shape.
    """
    betas = np.zeros(body.shape_dirs.shape[2])
    if recording.shape_space == body.shape_space and not mean_shape:
        used = recording.betas[: len(betas)]
        betas[: len(used)] = used
    return shape_body(body, betas)


def _check_up(recording: Recording, shaped: ShapedBody) -> None:
    frames = checked_frames(recording)
    pose, trans = recording.pose[frames], recording.trans[frames]
    usable = plausible_frames(pose, trans)
    check_up_axis(recording, pose_joints(shaped, pose[usable], trans[usable]))
