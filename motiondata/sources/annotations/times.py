"""The frames of a recording that become a clip, and captions in the seconds of the clip.

An index counts frames after stride and lead-in; annotations count seconds from the first frame.
"""

from dataclasses import dataclass

from motiondata.errors import DropReason, RecordingError
from motiondata.sources.amass.subsets import humanml3d_subset
from motiondata.sources.annotations.annotated import Annotated, Annotation
from motiondata.sources.humanml3d.clips_by_time import index_rate
from motiondata.sources.humanml3d.index import Row
from motiondata.sources.humanml3d.trimming import (
    INDEX_FPS,
    MAX_CLIP_FRAMES,
    expect_stride,
    frame_stride,
    lead_in_frames,
)
from motiondata.sources.imports.lists import one_line

SAME_RECORDING_SECONDS = 0.25
"""A recording whose length differs by more is another one, as for UniMoCap's `babel.py`."""


@dataclass(frozen=True)
class ClipTimes:
    """Where a clip lies in a recording."""

    fps: float
    """Frames of the index per second of the recording."""
    lead_in: int
    """Frames of the index before frame 0."""
    start: int
    end: int
    """Frames of the clip, as in the index; the end is exclusive."""

    def seconds_of(self, second: float) -> float:
        """Return the second of the clip at a second of the recording."""
        return second - (self.lead_in + self.start) / self.fps

    @property
    def seconds(self) -> float:
        """How long the clip lasts."""
        return (self.end - self.start) / self.fps


def clip_times(annotated: Annotated, frames: int, fps: float, is_smplx: bool) -> ClipTimes:
    """Return the frames of a clip, given the length and the rate of its recording.

    Raises `RecordingError` if the recording is not as long as the annotations say (WRONG_RELEASE),
    or the clip has no frame after the lead-in or too many.
    """
    expect_stride(fps, annotated.path)
    _expect_length(annotated, frames / fps)
    lead_in = lead_in_frames(humanml3d_subset(annotated.path.partition("/")[0]))
    row = Row(0, f"./pose_data/{annotated.path}", 0, 1, annotated.key)
    rate = index_rate(row, fps) if is_smplx else fps / frame_stride(fps)
    whole = int((frames - 1) / fps * rate + 1e-6) + 1 - lead_in
    first, last = annotated.part or (0.0, frames / fps)
    start = max(0, round(first * rate) - lead_in)
    end = min(whole, round(last * rate) - lead_in) if annotated.part else whole
    if end <= start:
        raise RecordingError(
            DropReason.TOO_SHORT,
            f"{annotated.path}: no frame of {annotated.key} is left after the lead-in",
        )
    if end - start > MAX_CLIP_FRAMES:
        raise RecordingError(
            DropReason.INVALID,
            f"{annotated.path}: {end - start} frames at {INDEX_FPS} fps; expected at most "
            f"{MAX_CLIP_FRAMES}",
        )
    return ClipTimes(rate, lead_in, start, end)


def caption_lines(annotated: Annotated, times: ClipTimes) -> tuple[str, ...]:
    """Return the lines of a clip's file of captions, in the order of the annotations.

    A sentence about a part that the clip does not have is left out. Seconds are those of the clip,
    to the millisecond; one about all of it has none.
    """
    lines = (_line(annotation, times) for annotation in annotated.annotations)
    return tuple(dict.fromkeys(line for line in lines if line))


def _line(annotation: Annotation, times: ClipTimes) -> str:
    text = one_line(annotation.text)
    if annotation.end is None or not text:
        return text
    start = max(0.0, times.seconds_of(annotation.start))
    end = min(times.seconds, times.seconds_of(annotation.end))
    if end - start < 1 / times.fps:
        return ""
    is_whole = start == 0 and end == times.seconds
    return text if is_whole else f"{text}##{round(start, 3)}#{round(end, 3)}"


def _expect_length(annotated: Annotated, seconds: float) -> None:
    stated = annotated.seconds
    if stated is not None and abs(stated - seconds) > SAME_RECORDING_SECONDS:
        raise RecordingError(
            DropReason.WRONG_RELEASE,
            f"{annotated.path}: the annotations are of {stated:.2f} s, and the recording lasts "
            f"{seconds:.2f} s",
        )
