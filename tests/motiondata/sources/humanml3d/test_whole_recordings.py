"""Recordings without an index: their keys, their subsets and how long they are."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.errors import InputError, RecordingError
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.sources.humanml3d.whole_recordings import (
    WholeRecordings,
    find_whole_recordings,
    make_keys,
)
from tests.support.amass_files import save_npz, smplh_arrays, smplx_arrays


def found(root: Path, *files: str, frames: int = 600, fps: float = 120.0) -> WholeRecordings:
    """Write recordings of the given numbers of frames below a folder, and find them."""
    arrays = smplh_arrays(trans=np.zeros((frames, 3)), mocap_framerate=np.array(fps))
    for file in files:
        save_npz(root / file, arrays)
    return find_whole_recordings(root, root, mirror=True)


@pytest.mark.parametrize(
    ("paths", "keys"),
    [
        (["walk.npz"], ["walk"]),
        (["KIT/3/kick_high_left02_poses.npz"], ["kick_high_left02"]),
        (["a/walk_stageii.npz"], ["walk"]),
        (["my walk (2).npz"], ["my_walk_2_"]),
        (["_walk.npz", "run.final.npz"], ["walk", "run_final"]),
        (["a/walk.npz", "b/walk.npz", "run.npz"], ["a-walk", "b-walk", "run"]),
        (["a/Walk.npz", "b/walk.npz"], ["a-Walk", "b-walk"]),
        (["\u6b69\u304f.npz"], ["recordings"]),
        (["x" * 300 + ".npz"], ["x" * 60]),
    ],
)
def test_a_key_is_the_name_of_the_file(paths: list[str], keys: list[str]) -> None:
    assert make_keys(paths, mirror=False) == keys


def test_two_recordings_of_one_key_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"a\+b\.npz and a b\.npz: both .* called a_b; rename one"):
        make_keys(["a+b.npz", "a b.npz"], mirror=False)


def test_a_name_that_is_another_s_mirrored_one_is_told_apart_where_clips_are_mirrored() -> None:
    paths = ["a/arch.npz", "a/march.npz"]
    assert make_keys(paths, mirror=False) == ["arch", "march"]
    assert make_keys(paths, mirror=True) == ["a-arch", "a-march"]
    with pytest.raises(InputError, match=r"would be called march"):
        make_keys(["arch.npz", "march.npz"], mirror=True)


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=6, unique=True))
def test_keys_are_always_unique_names_that_a_dataset_takes(names: list[str]) -> None:
    try:
        keys = make_keys([f"{name.replace('/', '-')}.npz" for name in names], mirror=True)
    except InputError:
        return
    every = [key.casefold() for key in keys] + [
        f"{MIRRORED_PREFIX}{key}".casefold() for key in keys
    ]
    assert len(set(every)) == len(every)
    assert all(key.isascii() and key[0].isalnum() for key in keys)


def test_a_recording_is_kept_whole_at_the_reference_rate(tmp_path: Path) -> None:
    (row,) = found(tmp_path, "mine/walk.npz", frames=601).rows
    assert (row.start_frame, row.end_frame) == (0, 101)
    (row,) = found(tmp_path / "other", "a.npz", frames=50, fps=59.99).rows
    assert row.end_frame == 25


def test_subsets_of_amass_keep_their_names_and_lead_ins(tmp_path: Path) -> None:
    rows = found(tmp_path / "top", "AMASS/HDM05/bd/jump.npz", "mine/walk.npz").rows
    assert [(row.subset, row.end_frame) for row in rows] == [
        ("MPI_HDM05", 40),
        ("recordings", 100),
    ]


def test_shapes_of_subjects_are_no_recordings(tmp_path: Path) -> None:
    whole = found(tmp_path, "3/walk_poses.npz", "3/shape.npz", "3/neutral_stagei.npz")
    assert [whole.locate(row) for row in whole.rows] == ["3/walk_poses.npz"]
    with pytest.raises(InputError, match="found only shapes"):
        found(tmp_path / "no_motion", "shape.npz")


def test_one_file_is_one_recording_whatever_lies_beside_it(tmp_path: Path) -> None:
    found(tmp_path, "walk.npz", "run.npz")
    whole = find_whole_recordings(tmp_path / "walk.npz", tmp_path, mirror=False)
    assert [(row.name, whole.locate(row)) for row in whole.rows] == [("walk", "walk.npz")]


def test_a_recording_of_the_smplx_release_has_its_own_frames(tmp_path: Path) -> None:
    save_npz(tmp_path / "walk_stageii.npz", smplx_arrays(mocap_frame_rate=np.array(20.0)))
    (row,) = find_whole_recordings(tmp_path, tmp_path, mirror=False).rows
    assert (row.name, row.end_frame) == ("walk", 7)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mocap_framerate": None}, "not a motion"),
        ({"mocap_framerate": np.array(15.0)}, "15 fps; expected at least 20"),
        ({"mocap_framerate": np.array(np.nan)}, "expected above 0"),
        ({"trans": None}, "no key trans"),
        ({"trans": np.zeros((0, 3))}, "expected a frame after the lead-in, found none"),
    ],
)
def test_a_recording_whose_length_cannot_be_known_is_a_drop(
    tmp_path: Path, changes: dict[str, np.ndarray | None], said: str
) -> None:
    save_npz(tmp_path / "walk.npz", smplh_arrays(**changes))
    whole = find_whole_recordings(tmp_path, tmp_path, mirror=False)
    with pytest.raises(RecordingError, match=said):
        whole.locate(whole.rows[0])
