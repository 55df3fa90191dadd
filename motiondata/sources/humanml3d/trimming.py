"""Cut clips from recordings by HumanML3D's rules.

The rules are followed exactly, including for unusual frame rates, because the captions describe
exactly these frames. Source: `raw_pose_processing.ipynb` of EricGuo5513/HumanML3D.
"""

import numpy as np

from motiondata.clip import Clip
from motiondata.errors import DropReason, RecordingError
from motiondata.recording import Recording
from motiondata.sources.humanml3d.index import Row

INDEX_FPS = 20
"""Nominal frame rate of the frame numbers in the index, Hz."""

MAX_CLIP_FRAMES = 36_000
"""Maximum length of a clip: half an hour at 20 fps.

A clip is held in memory as a whole. Those of HumanML3D last at most ten seconds.
"""

LEAD_IN_SECONDS = {
    "Eyes_Japan_Dataset": 3.0,
    "MPI_HDM05": 3.0,
    "TotalCapture": 1.0,
    "MPI_Limits": 1.0,
    "Transitions_mocap": 0.5,
}
"""Time dropped at the start of each recording, by subset; 0 for all other subsets."""


def frame_stride(fps: float) -> int:
    """Return n, where every n-th frame of a recording is kept; 0 below 20 fps.

    The ratio of frame rates is rounded down: 59.999989 fps gives 2 (true rate 30 fps), and 250 fps
    gives 12 (true rate 20.83 fps).
    """
    return int(fps / INDEX_FPS)


def lead_in_frames(subset: str) -> int:
    """Return the number of frames after stride that are dropped at the start of a recording."""
    return round(LEAD_IN_SECONDS.get(subset, 0.0) * INDEX_FPS)


def cut_clip(recording: Recording, row: Row) -> Clip:
    """Cut the clip of a row from its recording: apply stride, lead-in and frame range, in order.

    The arrays are copies. Raises `RecordingError` if the frame rate of the recording is below
    20 fps, if the recording ends before the row does, if the frames kept contain NaN or infinite
    values, if the row has more than `MAX_CLIP_FRAMES` frames, and for rows of HumanAct12.
    """
    row.refuse_humanact12()
    expect_clip_length(row)
    stride = expect_stride(recording.fps, recording.source)
    lead_in = lead_in_frames(row.subset)
    _expect_frames(recording, row, len(range(0, recording.frames, stride)) - lead_in)
    first = (lead_in + row.start_frame) * stride
    last = (lead_in + row.end_frame - 1) * stride
    clip = Clip(
        name=row.name,
        subset=row.subset,
        pose=recording.pose[first : last + 1 : stride].copy(),
        trans=recording.trans[first : last + 1 : stride].copy(),
        fps=recording.fps / stride,
        first_frame=first,
        last_frame=last,
        recording=recording,
    )
    expect_finite(clip)
    return clip


def expect_clip_length(row: Row) -> None:
    """Raise `RecordingError` (INVALID) if a row has more than `MAX_CLIP_FRAMES` frames."""
    frames = row.end_frame - row.start_frame
    if frames > MAX_CLIP_FRAMES:
        raise RecordingError(
            DropReason.INVALID,
            f"{row.source_path}: {row.name} has {frames} frames ({row.start_frame} to "
            f"{row.end_frame}); expected at most {MAX_CLIP_FRAMES}. Is a number mistyped? "
            "Cut a longer clip into several rows",
        )


def clip_length(frames: int, fps: float, row: Row) -> int:
    """Return the number of frames of a whole recording after stride and lead-in.

    `frames` and `fps` (Hz) are those of the recording of `row`. Raises `RecordingError` if the
    frame rate is below 20 fps or no frame is left after the lead-in.
    """
    kept = len(range(0, frames, expect_stride(fps, row.source_path))) - lead_in_frames(row.subset)
    if kept < 1:
        raise RecordingError(
            DropReason.TOO_SHORT,
            f"{row.source_path}: expected a frame after the lead-in, found none ({frames} at "
            f"{fps:g} fps)",
        )
    return kept


def expect_stride(fps: float, source: str) -> int:
    """Return `frame_stride`; raise `RecordingError` (INVALID) below 20 fps."""
    stride = frame_stride(fps)
    if stride == 0:
        raise RecordingError(
            DropReason.INVALID,
            f"{source}: {fps:g} fps; expected at least {INDEX_FPS}, the frame rate of clips",
        )
    return stride


def _expect_frames(recording: Recording, row: Row, available: int) -> None:
    if available < row.end_frame:
        raise RecordingError(
            DropReason.TOO_SHORT,
            f"{recording.source}: expected frames {row.start_frame} to {row.end_frame} of "
            f"{row.name}, found {max(available, 0)} after stride and lead-in ({recording.frames} "
            f"at {recording.fps:g} fps). Is the file cut short, or of a release other than "
            "SMPL+H G?",
        )


def expect_finite(clip: Clip) -> None:
    """Raise `RecordingError` (NOT_FINITE) if a clip has NaN or infinite values."""
    bad = ~(np.isfinite(clip.pose).all(axis=(1, 2)) & np.isfinite(clip.trans).all(axis=1))
    if bad.any():
        raise RecordingError(
            DropReason.NOT_FINITE,
            f"{clip.recording.source}: NaN or infinite values in {bad.sum()} of the "
            f"{clip.frames} frames of {clip.name}, first in frame {bad.argmax()} of the clip",
        )
