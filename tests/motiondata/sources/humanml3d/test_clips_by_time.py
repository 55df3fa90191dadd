"""Rows of an index are found in recordings of the SMPL-X release by time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.templates import REST_PELVIS_METERS, place_on_body
from motiondata.errors import DropReason, RecordingError
from motiondata.recording import SMPLX_RELEASE, SMPLX_SHAPES, Recording
from motiondata.sources.humanml3d.clips_by_time import TOLERANCE_SECONDS, cut_clip_by_time
from motiondata.sources.humanml3d.trimming import cut_clip
from tests.support.index_rows import made_row
from tests.support.skeleton import recording_of, standing_pose

SECONDS = 12
RATES = st.sampled_from([20.0, 29.97, 30.0, 50.0, 59.94, 60.0, 100.0, 120.0, 240.0])


def moving(fps: float, seconds: float = SECONDS) -> Recording:
    """Return a recording whose root moves along x by 1 m a second, so that x is the time."""
    frames = round(seconds * fps)
    trans = np.zeros((frames, 3))
    trans[:, 0] = np.arange(frames) / fps
    recording = recording_of(standing_pose(frames)[0], trans)
    return replace(recording, fps=fps, release=SMPLX_RELEASE)


@given(RATES, st.sampled_from(["KIT", "MPI_HDM05"]), st.integers(0, 40), st.integers(1, 60))
def test_any_rate_gives_the_frames_of_the_index_at_their_times(
    fps: float, subset: str, start: int, frames: int
) -> None:
    row = made_row(subset, start, start + frames)
    expected, found = cut_clip(moving(120.0), row), cut_clip_by_time(moving(fps), row)
    assert (found.frames, found.fps) == (expected.frames, expected.fps)
    np.testing.assert_allclose(found.trans, expected.trans, atol=1e-9)
    np.testing.assert_allclose(found.pose, expected.pose, atol=1e-9)


@given(st.sampled_from([60.0, 100.0, 120.0]), st.integers(0, 40))
def test_the_rate_of_the_smplh_release_gives_its_very_bits(fps: float, start: int) -> None:
    random = np.random.default_rng(start)
    recording = replace(moving(fps), pose=random.normal(size=(round(SECONDS * fps), 22, 3)))
    row = made_row("KIT", start, start + 50)
    expected, found = cut_clip(recording, row), cut_clip_by_time(recording, row)
    np.testing.assert_array_equal(found.pose, expected.pose)
    np.testing.assert_array_equal(found.trans, expected.trans)
    assert (found.first_frame, found.last_frame) == (expected.first_frame, expected.last_frame)


@pytest.mark.parametrize(
    ("subset", "fps"), [("SSM_synced", 59.999989), ("Eyes_Japan_Dataset", 250)]
)
def test_uneven_rates_of_the_index_count_as_there(subset: str, fps: float) -> None:
    recording, row = moving(fps), made_row(subset, 10, 90)
    expected, found = cut_clip(recording, row), cut_clip_by_time(recording, row)
    np.testing.assert_allclose(found.trans, expected.trans, atol=1e-6)
    assert found.fps == pytest.approx(expected.fps)


def test_a_row_may_last_a_frame_longer_than_the_recording_and_no_more() -> None:
    row = made_row("KIT", 0, 100)  # its last frame is at 4.95 s
    for missing in (0.0, TOLERANCE_SECONDS):
        clip = cut_clip_by_time(moving(100.0, 4.96 - missing), row)
        assert clip.frames == (100 if missing == 0 else 99)
    with pytest.raises(RecordingError, match=r"lasts 4\.88 s") as caught:
        cut_clip_by_time(moving(100.0, 4.89), row)
    assert caught.value.reason is DropReason.WRONG_RELEASE


def test_a_clip_at_a_given_rate_has_the_bounds_of_its_row() -> None:
    clip = cut_clip_by_time(moving(50.0), made_row("KIT", 7, 41), 30.0)
    assert clip.fps == 30.0
    assert clip.trans[0, 0] == pytest.approx(7 / 20)
    assert clip.frames == round(34 / 20 * 30)


def test_a_recording_below_the_rate_of_clips_is_invalid() -> None:
    with pytest.raises(RecordingError, match="10 fps"):
        cut_clip_by_time(moving(10.0), made_row("KIT", 0, 20))


def test_the_pelvis_of_a_smplx_recording_keeps_its_place_on_another_body() -> None:
    body = bundled_body()
    recording = replace(moving(20.0), shape_space=SMPLX_SHAPES)
    moved = place_on_body(recording, body)
    pelvis = recording.trans + REST_PELVIS_METERS[SMPLX_SHAPES]
    np.testing.assert_allclose(moved.trans + body.joints_template[0], pelvis, atol=1e-3)
    same = moving(20.0)
    assert place_on_body(same, body) is same
