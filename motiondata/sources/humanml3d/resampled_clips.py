"""Cut clips at any frame rate, with the bounds in seconds that HumanML3D's rules give.

Captions describe frames that were counted after HumanML3D's stride and lead-in. Their times are
computed by the same rules first; then the recording itself is resampled between them.
"""

from dataclasses import replace

import numpy as np

from motiondata.clip import Clip
from motiondata.errors import DropReason, RecordingError
from motiondata.recording import Recording
from motiondata.resampling import (
    Span,
    resample_points,
    resample_rotations,
    resampling,
)
from motiondata.sources.humanml3d.index import Row
from motiondata.sources.humanml3d.trimming import cut_clip, frame_stride, lead_in_frames


def row_span(row: Row, source_fps: float) -> Span:
    """Return when the clip of a row begins and ends in its recording, in true seconds.

    `source_fps` is the rate of the recording, Hz, at least 20.
    """
    seconds = frame_stride(source_fps) / source_fps
    lead_in = lead_in_frames(row.subset)
    return Span((lead_in + row.start_frame) * seconds, (lead_in + row.end_frame) * seconds)


def cut_clip_at(recording: Recording, row: Row, fps: float, method: str = "linear") -> Clip:
    """Cut the clip of a row and resample it to `fps`, Hz; `method` is for translations.

    The first frame is the one that `cut_clip` takes. Raises `RecordingError` as `cut_clip` does,
    and if frames between those that `cut_clip` takes are not finite; `InputError` for other rates
    and methods.
    """
    cut_clip(recording, row)  # for its checks
    return resample_clip(recording, row, row_span(row, recording.fps), fps, method)


def resample_clip(
    recording: Recording,
    row: Row,
    span: Span,
    fps: float,
    method: str = "linear",
    *,
    filtered: bool = True,
) -> Clip:
    """Return the part of a recording between two times, resampled to `fps`, Hz, as clip of a row.

    Without `filtered`, the motion is not filtered where the rate falls by a lot. Raises
    `RecordingError` (NOT_FINITE) if frames from the first to the last are not finite.
    """
    plan = resampling(span, recording.fps, recording.frames, fps)
    first = int(plan.places[0])
    used = slice(first, min(recording.frames, int(np.ceil(plan.places[-1])) + 1))
    _expect_finite(recording, row, used)
    offset = (plan.places[0] - first) / recording.fps
    part = Span(offset, offset + span.seconds)
    inner = resampling(part, recording.fps, used.stop - first, fps)
    inner = inner if filtered else replace(inner, ratio=1.0)
    return Clip(
        name=row.name,
        subset=row.subset,
        pose=resample_rotations(recording.pose[used], inner),
        trans=resample_points(recording.trans[used], inner, method),
        fps=fps,
        first_frame=first,
        last_frame=used.stop - 1,
        recording=recording,
        start=float(plan.places[0]) - first,
    )


def _expect_finite(recording: Recording, row: Row, used: slice) -> None:
    pose, trans = recording.pose[used], recording.trans[used]
    if not (np.isfinite(pose).all() and np.isfinite(trans).all()):
        raise RecordingError(
            DropReason.NOT_FINITE,
            f"{recording.source}: NaN or infinite values between frames {used.start} and "
            f"{used.stop - 1} of the recording, from which {row.name} is resampled",
        )
