"""Cutting clips agrees with the notebook's rules, written plainly, for every row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.errors import DropReason, RecordingError
from motiondata.recording import Recording
from motiondata.sources.humanml3d.index import Row, read_index
from motiondata.sources.humanml3d.trimming import (
    MAX_CLIP_FRAMES,
    cut_clip,
    frame_stride,
    lead_in_frames,
)
from tests.support.index_rows import FRAME_RATES, SUBSETS, made_row, numbered_recording
from tests.support.reference.trimming import kept_frames
from tests.support.reference_data import reference_data


def shortest_recording(row: Row, fps: float) -> Recording:
    """Return a numbered recording that ends with the last frame that the row keeps."""
    last = (lead_in_frames(row.subset) + row.end_frame - 1) * frame_stride(fps)
    return numbered_recording(last + 1, fps)


def assert_cut_as_the_notebook_does(recording: Recording, row: Row) -> None:
    expected = kept_frames(
        row.source_path, row.start_frame, row.end_frame, recording.fps, recording.frames
    )
    clip = cut_clip(recording, row)
    assert clip.trans[:, 0].tolist() == expected
    assert clip.pose[:, -1, -1].tolist() == expected
    assert (clip.first_frame, clip.last_frame) == (expected[0], expected[-1])
    assert clip.frames == row.end_frame - row.start_frame


def drop_reason(recording: Recording, row: Row) -> DropReason:
    with pytest.raises(RecordingError) as caught:
        cut_clip(recording, row)
    return caught.value.reason


@pytest.mark.parametrize(
    ("fps", "stride"),
    [
        (60.0, 3),
        (59.999989, 2),
        (100.0, 5),
        (120.0, 6),
        (120.000046, 6),
        (150.0, 7),
        (250.0, 12),
        (20.0, 1),
        (39.9, 1),
        (19.9, 0),
    ],
)
def test_frame_stride_rounds_down(fps: float, stride: int) -> None:
    assert frame_stride(fps) == stride


@pytest.mark.parametrize(
    ("subset", "frames"),
    [
        ("Eyes_Japan_Dataset", 60),
        ("MPI_HDM05", 60),
        ("TotalCapture", 20),
        ("MPI_Limits", 20),
        ("Transitions_mocap", 10),
        ("KIT", 0),
        ("somebody's own", 0),
    ],
)
def test_lead_in_is_dropped_from_five_subsets(subset: str, frames: int) -> None:
    assert lead_in_frames(subset) == frames


@pytest.mark.parametrize(("fps", "true_fps"), [(59.999989, 29.9999945), (250.0, 20.8333333)])
def test_a_clip_has_the_true_rate_of_its_frames(fps: float, true_fps: float) -> None:
    assert cut_clip(numbered_recording(1000, fps), made_row()).fps == pytest.approx(true_fps)


@pytest.mark.parametrize("fps", FRAME_RATES)
def test_every_row_of_the_index_is_cut_as_the_notebook_does(fps: float) -> None:
    rows = read_index(reference_data("humanml3d", "index.csv"))
    cut = [row for row in rows if not row.is_humanact12]
    assert (len(rows), len(cut)) == (14616, 13425)
    assert {row.subset for row in cut} == set(SUBSETS)
    for row in cut:
        assert_cut_as_the_notebook_does(shortest_recording(row, fps), row)


def test_real_trials_of_cmu_have_the_frames_that_their_rows_keep() -> None:
    rows = read_index(reference_data("humanml3d", "index.csv"))
    ends_with_the_trial = 0
    for trial in sorted(reference_data("cmu_asfamc").rglob("*.amc")):
        frames = sum(line.strip().isdigit() for line in trial.read_text().splitlines())
        for row in rows:
            if row.parts == ("CMU", trial.parent.name, f"{trial.stem}_poses"):
                clip = cut_clip(numbered_recording(frames, 120.0), row)
                assert clip.frames == row.end_frame - row.start_frame
                ends_with_the_trial += clip.last_frame + 6 >= frames
    assert ends_with_the_trial == 8


@given(
    subset=st.sampled_from(SUBSETS),
    fps=st.sampled_from(FRAME_RATES) | st.floats(20.0, 1000.0),
    start=st.integers(0, 300),
    frames=st.integers(1, 200),
    rest=st.integers(0, 100),
)
def test_made_rows_are_cut_as_the_notebook_does(
    subset: str, fps: float, start: int, frames: int, rest: int
) -> None:
    row = made_row(subset, start, start + frames)
    needed = shortest_recording(row, fps).frames
    assert_cut_as_the_notebook_does(numbered_recording(needed + rest, fps), row)


@given(
    subset=st.sampled_from(SUBSETS),
    fps=st.sampled_from(FRAME_RATES),
    start=st.integers(0, 50),
    frames=st.integers(1, 50),
    data=st.data(),
)
def test_a_recording_of_fewer_frames_is_too_short(
    subset: str, fps: float, start: int, frames: int, data: st.DataObject
) -> None:
    row = made_row(subset, start, start + frames)
    needed = shortest_recording(row, fps).frames
    if needed > 1:
        recording = numbered_recording(data.draw(st.integers(1, needed - 1)), fps)
        assert drop_reason(recording, row) is DropReason.TOO_SHORT


def test_a_renamed_subset_has_the_lead_in_of_its_first_name() -> None:
    recording = numbered_recording(2000, 100.0)
    assert cut_clip(recording, made_row("PosePrior")).first_frame == 100
    assert cut_clip(recording, made_row("MPI_Limits")).first_frame == 100


def test_too_short_says_what_was_expected_and_found() -> None:
    with pytest.raises(RecordingError, match=r"frames 3 to 30 of 000000, found 20 .*release"):
        cut_clip(numbered_recording(100, 100.0), made_row(start=3, end=30))


def test_a_recording_slower_than_the_index_is_invalid() -> None:
    assert drop_reason(numbered_recording(100, 15.0), made_row()) is DropReason.INVALID


def test_a_clip_that_memory_may_not_hold_is_invalid() -> None:
    recording = numbered_recording(MAX_CLIP_FRAMES + 1, 20.0)
    assert cut_clip(recording, made_row(start=1, end=MAX_CLIP_FRAMES + 1)).frames == MAX_CLIP_FRAMES
    with pytest.raises(RecordingError, match="expected at most 36000") as error:
        cut_clip(recording, made_row(start=0, end=MAX_CLIP_FRAMES + 1))
    assert error.value.reason is DropReason.INVALID


def test_rows_of_humanact12_are_never_cut() -> None:
    row = Row(0, "./pose_data/humanact12/humanact12/P11G01R02.npy", 0, -1, "000001")
    assert drop_reason(numbered_recording(100, 20.0), row) is DropReason.HUMANACT12


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("array", ["pose", "trans"])
def test_values_that_are_not_finite_drop_the_clips_that_keep_them(value: float, array: str) -> None:
    pose, trans = np.zeros((100, 22, 3)), np.zeros((100, 3))
    (pose if array == "pose" else trans)[50, -1] = value
    recording = Recording(pose, trans, 100.0, "male", np.zeros(10), "a.npz")
    assert drop_reason(recording, made_row(start=5, end=12)) is DropReason.NOT_FINITE
    assert cut_clip(recording, made_row(start=0, end=10)).frames == 10
    assert cut_clip(recording, made_row(start=11, end=20)).frames == 9


def test_frames_between_the_strides_may_be_not_finite() -> None:
    trans = np.zeros((100, 3))
    trans[51] = np.nan
    recording = Recording(np.zeros((100, 22, 3)), trans, 100.0, "male", np.zeros(10), "a.npz")
    assert cut_clip(recording, made_row(start=0, end=20)).frames == 20


def test_a_clip_owns_its_arrays() -> None:
    recording = Recording(np.zeros((50, 22, 3)), np.zeros((50, 3)), 20.0, "male", np.zeros(1), "a")
    clip = cut_clip(recording, made_row())
    clip.pose[:] = 1.0
    assert not recording.pose.any()
    assert clip.trans.base is None
