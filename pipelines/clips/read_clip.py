"""From a planned row to its clip: the recording is read, guarded, and cut.

What can only be wrong is refused here, before a body is posed by it; what is merely unusual is
flagged in the sample.
"""

import os
from collections.abc import Mapping
from functools import partial

import numpy as np

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody, pose_joints, shape_body
from motiondata.clip import Clip
from motiondata.files import open_as_planned
from motiondata.guards import (
    check_plausible,
    check_pose_is_rotations,
    check_up_axis,
    plausible_frames,
)
from motiondata.recording import Recording
from motiondata.sources.amass.reader import read_recording, read_smplh
from motiondata.sources.humanml3d.trimming import cut_clip
from pipelines.clips.options import BuildOptions
from pipelines.clips.planned_clips import PlannedClip

GUARDED_FRAMES = 100
"""How many frames of a recording, evenly spread, are posed to tell which way is up."""


def read_clip(
    planned: PlannedClip, options: BuildOptions, bodies: Mapping[str, Body]
) -> tuple[Clip, ShapedBody]:
    """Read, guard and cut a clip; raises `RecordingError` where the recording is no good.

    Raises `OSError` where the machine cannot read it, or it is another file than was planned.
    """
    path = options.amass / planned.recording
    # A name in another encoding than UTF-8 opens its file, and cannot be written anywhere.
    source = os.fsencode(planned.recording).decode(errors="backslashreplace")
    # The frames of an index are those of SMPL+H; whole recordings may be of either release.
    read = read_smplh if options.has_index else read_recording
    recording = read(path, source, partial(open_as_planned, planned.stamp))
    check_pose_is_rotations(recording)
    clip = cut_clip(recording, planned.row)
    check_plausible(clip)
    shaped = shape_recorded_body(recording, bodies[recording.gender], options.mean_shape)
    _check_up(recording, shaped)
    return clip, shaped


def shape_recorded_body(recording: Recording, body: Body, mean_shape: bool) -> ShapedBody:
    """Shape the body by the recording's betas, if they are of the body's own shape space."""
    betas = np.zeros(body.shape_dirs.shape[2])
    if recording.shape_space == body.shape_space and not mean_shape:
        used = recording.betas[: len(betas)]
        betas[: len(used)] = used
    return shape_body(body, betas)


def _check_up(recording: Recording, shaped: ShapedBody) -> None:
    every = max(1, recording.frames // GUARDED_FRAMES)
    pose, trans = recording.pose[::every], recording.trans[::every]
    usable = plausible_frames(pose, trans)
    check_up_axis(recording, pose_joints(shaped, pose[usable], trans[usable]))
