"""Cut the clips of an index from recordings of AMASS's SMPL-X release, by time.

An index counts frames of SMPL+H recordings. About 5,000 recordings have another frame rate in the
SMPL-X release, so a row is found there by its seconds: both releases are of the same captures and
begin with the same frame. Source of the rates: nghorbani/amass; the files of the SMPL+H release.
"""

from motiondata.clip import Clip
from motiondata.errors import DropReason, RecordingError
from motiondata.recording import Recording
from motiondata.resampling import Span
from motiondata.sources.humanml3d.index import Row
from motiondata.sources.humanml3d.resampled_clips import resample_clip
from motiondata.sources.humanml3d.trimming import (
    INDEX_FPS,
    expect_clip_length,
    expect_finite,
    expect_stride,
    frame_stride,
    lead_in_frames,
)

TOLERANCE_SECONDS = 0.05
"""A recording may end this much before the last frame of a row: one frame of the index. The
releases differ by less than a frame of the slower one, and rates are at least 20 fps."""

UNEVEN_RATES = {"Eyes_Japan_Dataset": 250.0, "SSM_synced": 59.999989}
"""Frame rates of SMPL+H recordings whose stride does not give 20 fps, by subset: 129 rows."""

SAME_RATE = 1e-6
"""The largest relative difference of two frame rates that are the same."""


def index_rate(row: Row, fps: float) -> float:
    """Return how many frames of the index a second has in a recording of the SMPL-X release.

    20, or more where `fps`, Hz, is the uneven rate that SMPL+H recordings of the subset have.
    """
    if abs(fps - UNEVEN_RATES.get(row.subset, 0.0)) < SAME_RATE * fps:
        return fps / frame_stride(fps)
    return float(INDEX_FPS)


def cut_clip_by_time(
    recording: Recording, row: Row, fps: float | None = None, method: str = "linear"
) -> Clip:
    """Cut the clip of a row from a recording of the SMPL-X release.

    At the rate of the index, used without `fps` (Hz), frames are taken where they have the row's
    times, and interpolated between them otherwise. They are not filtered, as those of `cut_clip`
    are not. `method` is for translations. Raises `RecordingError` as `cut_clip` does, but
    WRONG_RELEASE where the recording ends before the row does.
    """
    row.refuse_humanact12()
    expect_clip_length(row)
    expect_stride(recording.fps, recording.source)
    of_index = index_rate(row, recording.fps)
    first = lead_in_frames(row.subset) + row.start_frame
    end = lead_in_frames(row.subset) + row.end_frame
    _expect_time(recording, row, Span(first / of_index, (end - 1) / of_index))
    span = Span(first / of_index, end / of_index)
    clip = resample_clip(recording, row, span, fps or of_index, method, filtered=fps is not None)
    expect_finite(clip)
    return clip


def _expect_time(recording: Recording, row: Row, span: Span) -> None:
    """Raise `RecordingError` if a recording does not last until the last frame of a row begins."""
    seconds = (recording.frames - 1) / recording.fps
    if span.end <= seconds + TOLERANCE_SECONDS and span.start <= seconds:
        return
    raise RecordingError(
        DropReason.WRONG_RELEASE,
        f"{recording.source}: {row.name} is from {span.start:.2f} to {span.end:.2f} s of the "
        f"SMPL+H recording, and this one of the SMPL-X release lasts {seconds:.2f} s "
        f"({recording.frames} frames at {recording.fps:g} fps); expected the same capture. "
        "Download SMPL+H G for this row",
    )
