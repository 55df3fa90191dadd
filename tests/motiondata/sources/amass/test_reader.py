"""AMASS's two releases: what is read, and what is refused with which reason."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from motiondata.errors import DropReason, RecordingError
from motiondata.sources.amass.reader import read_recording, read_smplh
from tests.support.amass_files import FRAMES, save_npz, smplh_arrays, smplx_arrays
from tests.support.reference_data import reference_data

SOURCE = "KIT/3/walk_poses.npz"


def fault(folder: Path, **changes: Any) -> RecordingError:
    path = save_npz(folder / "walk_poses.npz", smplh_arrays(**changes))
    with pytest.raises(RecordingError) as caught:
        read_smplh(path, SOURCE)
    assert str(caught.value).startswith(SOURCE)
    return caught.value


@pytest.mark.parametrize("compressed", [False, True])
def test_a_recording_keeps_the_body_and_leaves_the_hands(tmp_path: Path, compressed: bool) -> None:
    arrays = smplh_arrays()
    recording = read_smplh(save_npz(tmp_path / "a.npz", arrays, compressed=compressed), SOURCE)
    assert recording.source == SOURCE
    assert_array_equal(recording.pose.reshape(FRAMES, 66), arrays["poses"][:, :66])
    assert_array_equal(recording.trans, arrays["trans"])
    assert_array_equal(recording.betas, arrays["betas"])
    assert (recording.fps, recording.gender) == (120.0, "female")
    assert (recording.shape_space, recording.licence) == ("smpl", "")


@pytest.mark.parametrize(
    ("gender", "found"),
    [
        ("male", "male"),
        (b"male", "male"),
        ("unknown", "neutral"),
        (np.array(["neutral"]), "neutral"),
        (np.array([b"Female"]), "female"),
    ],
)
def test_gender_is_read_in_all_its_spellings(tmp_path: Path, gender: Any, found: str) -> None:
    path = save_npz(tmp_path / "a.npz", smplh_arrays(gender=np.array(gender)))
    assert read_smplh(path, SOURCE).gender == found


@pytest.mark.parametrize("columns", [66, 72, 156, 165])
@pytest.mark.parametrize("shapes", [10, 16, 300])
def test_poses_and_betas_may_be_longer(tmp_path: Path, columns: int, shapes: int) -> None:
    arrays = smplh_arrays(poses=np.ones((FRAMES, columns), np.float32), betas=np.zeros(shapes))
    recording = read_smplh(save_npz(tmp_path / "a.npz", arrays), SOURCE)
    assert recording.pose.shape == (FRAMES, 22, 3)
    assert recording.pose.dtype == np.float64
    assert recording.betas.shape == (shapes,)


@pytest.mark.parametrize(
    ("mark", "synthetic"),
    [(np.array(True), True), (np.array(False), False), (np.array("yes"), False), (None, False)],
)
def test_made_motion_is_known_by_its_mark(
    tmp_path: Path, mark: np.ndarray | None, synthetic: bool
) -> None:
    path = save_npz(tmp_path / "a.npz", smplh_arrays(synthetic=mark))
    assert read_smplh(path, "a.npz").synthetic is synthetic


def test_the_shape_space_and_the_license_are_kept(tmp_path: Path) -> None:
    arrays = smplh_arrays(shape_space=np.array("free"), licence=np.array("CC0"))
    recording = read_smplh(save_npz(tmp_path / "a.npz", arrays), SOURCE)
    assert (recording.shape_space, recording.licence) == ("free", "CC0")


@pytest.mark.parametrize("rate", [120, np.float32(120), np.array([120.0])])
def test_the_frame_rate_may_be_any_one_number(tmp_path: Path, rate: Any) -> None:
    path = save_npz(tmp_path / "a.npz", smplh_arrays(mocap_framerate=rate))
    assert read_smplh(path, SOURCE).fps == 120.0


@pytest.mark.parametrize("key", ["poses", "trans", "betas", "gender", "mocap_framerate"])
def test_a_missing_key_is_named_beside_those_found(tmp_path: Path, key: str) -> None:
    error = fault(tmp_path, **{key: None})
    assert error.reason is DropReason.INVALID
    assert f"no key {key}" in str(error)
    assert "(keys: " in str(error)


def test_a_misspelt_frame_rate_is_named(tmp_path: Path) -> None:
    error = fault(tmp_path, mocap_framerate=None, mocap_framrate=np.float64(120))
    assert "no key mocap_framerate; rename mocap_framrate" in str(error)


def test_a_shape_without_a_frame_rate_is_no_motion(tmp_path: Path) -> None:
    error = fault(tmp_path, poses=None, trans=None, mocap_framerate=None)
    assert error.reason is DropReason.INVALID
    assert "not a motion" in str(error)


@pytest.mark.parametrize(
    "changes",
    [
        {"poses": np.zeros((FRAMES, 22, 3))},
        {"poses": np.zeros((FRAMES, 63))},
        {"poses": np.zeros((FRAMES, 67))},
        {"poses": np.zeros(66)},
        {"poses": np.zeros((FRAMES, 66), int)},
        {"poses": np.zeros((FRAMES, 66), object)},
        {"poses": np.zeros((0, 66)), "trans": np.zeros((0, 3))},
        {"trans": np.zeros((FRAMES + 1, 3))},
        {"trans": np.zeros((FRAMES, 2))},
        {"trans": np.array(0.0)},
        {"betas": np.zeros((1, 10))},
        {"betas": np.full(10, np.nan)},
        {"gender": "other"},
        {"gender": 1},
        {"gender": b"\xff"},
        {"gender": np.array(["male", "male"])},
        {"gender": np.array("male", object)},
        {"mocap_framerate": 0.0},
        {"mocap_framerate": -60.0},
        {"mocap_framerate": np.nan},
        {"mocap_framerate": "120"},
        {"mocap_framerate": np.array([120.0, 120.0])},
        {"licence": 3},
    ],
    ids=str,
)
def test_arrays_of_another_kind_are_invalid(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert fault(tmp_path, **changes).reason is DropReason.INVALID


def test_values_that_are_not_finite_are_left_to_the_clips(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "a.npz", smplh_arrays(trans=np.full((FRAMES, 3), np.nan)))
    assert np.isnan(read_smplh(path, SOURCE).trans).all()


def test_a_smplx_recording_is_of_the_wrong_release(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "walk_stageii.npz", smplx_arrays())
    with pytest.raises(RecordingError, match="SMPL-X release") as caught:
        read_smplh(path, SOURCE)
    assert caught.value.reason is DropReason.WRONG_RELEASE


def test_a_smplx_recording_is_read_with_its_own_keys(tmp_path: Path) -> None:
    arrays = smplx_arrays()
    path = save_npz(tmp_path / "walk_stageii.npz", arrays)
    recording = read_recording(path, SOURCE)
    assert_array_equal(recording.pose[:, 0], arrays["root_orient"])
    assert_array_equal(recording.pose[:, 1:].reshape(FRAMES, 63), arrays["pose_body"])
    assert_array_equal(recording.trans, arrays["trans"])
    assert (recording.fps, recording.shape_space) == (30.0, "smplx")


def test_a_smplh_recording_is_recognized_by_its_keys(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "walk_poses.npz", smplh_arrays())
    assert read_recording(path, SOURCE).fps == 120.0


@pytest.mark.parametrize(
    "changes",
    [
        {"root_orient": np.zeros((FRAMES - 1, 3))},
        {"root_orient": np.zeros(3)},
        {"pose_body": None},
        {"pose_body": np.zeros((FRAMES, 62))},
        {"pose_body": np.array(0.0)},
    ],
    ids=str,
)
def test_a_smplx_recording_of_other_shapes_is_invalid(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = save_npz(tmp_path / "walk_stageii.npz", smplx_arrays(**changes))
    with pytest.raises(RecordingError) as caught:
        read_recording(path, SOURCE)
    assert caught.value.reason is DropReason.INVALID


def test_the_real_recording_is_read_as_numpy_reads_it() -> None:
    path = reference_data("amass", "amass_sample.npz")
    recording = read_smplh(path, SOURCE)
    with np.load(path) as expected:
        assert_array_equal(recording.pose.reshape(-1, 66), expected["poses"][:, :66])
        assert_array_equal(recording.trans, expected["trans"])
        assert_array_equal(recording.betas, expected["betas"])
    assert (recording.frames, recording.fps, recording.gender) == (601, 120.0, "male")
