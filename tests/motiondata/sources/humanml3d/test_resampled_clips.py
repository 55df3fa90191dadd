"""Clips at any rate keep the bounds that captions describe."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.errors import DropReason, RecordingError
from motiondata.recording import Recording
from motiondata.sources.humanml3d.resampled_clips import cut_clip_at, row_span
from motiondata.sources.humanml3d.trimming import cut_clip
from tests.support.index_rows import made_row
from tests.support.skeleton import recording_of, standing_pose


def moving(frames: int, fps: float) -> Recording:
    """Return a recording whose root moves along x by 1 m a second, so that x is the time."""
    trans = np.zeros((frames, 3))
    trans[:, 0] = np.arange(frames) / fps
    return replace(recording_of(standing_pose(frames)[0], trans), fps=fps)


@pytest.mark.parametrize("source_fps", [60.0, 100.0, 120.0, 250.0, 59.999989])
@pytest.mark.parametrize("fps", [10.0, 12.5, 20.0, 30.0, 60.0])
@pytest.mark.parametrize("subset", ["KIT", "MPI_HDM05"])
def test_a_clip_has_the_bounds_of_humanml3d_within_half_a_frame(
    source_fps: float, fps: float, subset: str
) -> None:
    recording, cut = moving(int(10 * source_fps), source_fps), made_row(subset, 10, 70)
    reference, clip = cut_clip(recording, cut), cut_clip_at(recording, cut, fps)
    assert clip.fps == fps
    assert clip.first_frame == reference.first_frame
    assert clip.trans[0, 0] == pytest.approx(reference.trans[0, 0])
    end = clip.trans[-1, 0] + 1 / fps
    assert end == pytest.approx(reference.trans[-1, 0] + 1 / reference.fps, abs=0.5 / fps + 1e-6)


@given(st.sampled_from([20.0, 60.0, 100.0, 120.0]), st.integers(0, 20), st.integers(21, 60))
def test_the_rate_of_the_reference_has_as_many_frames_as_the_row(
    source_fps: float, start: int, end: int
) -> None:
    recording, cut = moving(int(4 * source_fps), source_fps), made_row("KIT", start, end)
    clip = cut_clip_at(recording, cut, cut_clip(recording, cut).fps)
    assert clip.frames == end - start


def test_frames_are_at_equal_times() -> None:
    clip = cut_clip_at(moving(600, 100.0), made_row("KIT", 0, 60), 12.5)
    np.testing.assert_allclose(np.diff(clip.trans[:, 0]), 1 / 12.5, atol=1e-9)


def test_a_row_is_counted_in_true_seconds() -> None:
    assert row_span(made_row("KIT", 0, 20), 250.0).seconds == pytest.approx(20 * 12 / 250)


def test_a_frame_that_is_not_finite_between_the_frames_of_the_row_is_a_drop() -> None:
    recording = moving(600, 120.0)
    recording.trans[7] = np.nan  # no multiple of the stride of 6
    cut = made_row("KIT", 0, 60)
    assert np.isfinite(cut_clip(recording, cut).trans).all()
    with pytest.raises(RecordingError, match="NaN or infinite values between frames 0 and") as drop:
        cut_clip_at(recording, cut, 30.0)
    assert drop.value.reason == DropReason.NOT_FINITE
