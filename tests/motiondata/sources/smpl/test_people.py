"""Files of joblib and of several people: WHAM's, and those of the tracker of 4D-Humans."""

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.unpickling import arrays_of, unpickle
from motiondata.errors import InputError, RecordingError
from motiondata.rotations import rotvec_to_rotmat
from motiondata.sources.smpl.convert import SmplOptions, convert_smpl
from tests.support.skeleton import moving_pose

FRAMES = 40
OPTIONS = SmplOptions(fps=30.0)


def wham(people: int) -> dict[int, dict[str, Any]]:
    """Return WHAM's results, for which it uses a defaultdict."""
    results: dict[int, dict[str, Any]] = defaultdict(dict)
    for number in range(people):
        pose, trans = moving_pose(FRAMES + number, seed=number)
        poses = np.pad(pose.reshape(len(pose), 66), ((0, 0), (0, 6))).astype(np.float32)
        results[number] |= {"pose": poses * 0.1, "pose_world": poses, "trans_world": trans}
        results[number] |= {"trans": trans + 5, "betas": np.zeros((len(pose), 10), np.float32)}
        results[number]["frame_ids"] = np.arange(len(pose))
    return results


def frame(people: dict[int, NDArray[np.float64]]) -> dict[str, Any]:
    """Return a frame of the tracker, with the matrices (24, 3, 3) of its people."""
    smpl = [
        {"global_orient": at[:1], "body_pose": at[1:], "betas": np.zeros(10, np.float32)}
        for at in people.values()
    ]
    return {"time": 0, "shot": 0, "tid": [*people], "smpl": smpl, "conf": [0.9] * len(people)}


def matrices(frames: int, seed: int) -> NDArray[np.float64]:
    whole = np.tile(np.eye(3), (frames, 24, 1, 1))
    whole[:, :22] = rotvec_to_rotmat(moving_pose(frames, seed=seed)[0])
    return whole


def test_arrays_of_joblib_come_back(tmp_path: Path) -> None:
    content = {
        "c": np.arange(12.0).reshape(3, 4),
        "fortran": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
        "big": np.arange(3, dtype=">f4"),
        "empty": np.zeros((0, 3)),
        "number": np.array(2.5),
        "flags": np.array([True, False]),
        "text": "walk",
    }
    joblib.dump(content, tmp_path / "a.pkl")
    found = arrays_of(unpickle((tmp_path / "a.pkl").read_bytes(), "a.pkl", "arrays"))
    assert found.keys() == content.keys()
    for key, value in content.items():
        np.testing.assert_array_equal(found[key], value)


@pytest.mark.parametrize("compress", [0, 3])
def test_every_person_of_wham_is_a_recording(compress: int, tmp_path: Path) -> None:
    joblib.dump(wham(2), tmp_path / "wham_output.pkl", compress=compress)
    made = convert_smpl(tmp_path / "wham_output.pkl", OPTIONS)
    assert [motion.name for motion in made] == ["wham_output_0", "wham_output_1"]
    for number, motion in enumerate(made):
        pose, trans = moving_pose(FRAMES + number, seed=number)
        found = rotvec_to_rotmat(motion.recording.pose)
        np.testing.assert_allclose(found, rotvec_to_rotmat(pose), atol=1e-5)
        np.testing.assert_allclose(motion.recording.trans, trans, atol=1e-5)


def test_people_of_the_tracker_are_followed_over_frames(tmp_path: Path) -> None:
    """The first is in all frames but one, the second from the fifth on, the third in a few."""
    first, second = matrices(FRAMES, 1), matrices(FRAMES, 2)
    frames = [
        frame(
            ({} if number == 10 else {4: first[number]})
            | ({7: second[number]} if number >= 5 else {})
            | ({9: first[number]} if number < 8 else {})
        )
        for number in range(FRAMES)
    ]
    joblib.dump({f"{n:06d}.jpg": value for n, value in enumerate(frames)}, tmp_path / "demo.pkl")
    made = convert_smpl(tmp_path / "demo.pkl", OPTIONS)
    assert [(motion.name, motion.recording.frames) for motion in made] == [
        ("demo_4", FRAMES - 11),
        ("demo_7", FRAMES - 5),
    ]
    found = rotvec_to_rotmat(made[0].recording.pose)
    np.testing.assert_allclose(found, first[11:, :22], atol=1e-6)
    assert "no translation" in made[0].found[0]


def test_a_tracker_that_follows_nobody_is_a_failure(tmp_path: Path) -> None:
    at = matrices(1, 0)[0]
    joblib.dump({"a": frame({1: at}), "b": frame({})}, tmp_path / "demo.pkl")
    with pytest.raises(RecordingError, match="nobody who is in 20 frames"):
        convert_smpl(tmp_path / "demo.pkl", OPTIONS)


class Code:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("made",)


@pytest.mark.parametrize("compress", [0, 3])
def test_no_code_of_a_file_of_joblib_runs(
    compress: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in {"a": Code(), "b": np.array([Code()], object)}.items():
        path = tmp_path / f"{name}.pkl"
        joblib.dump({"poses": content}, path, compress=compress)
        with pytest.raises(RecordingError, match=f"{name}.pkl"):
            convert_smpl(path, OPTIONS)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("compress", [0, 3])
def test_a_file_of_joblib_that_is_cut_short_is_a_failure(compress: int, tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    joblib.dump(wham(1), path, compress=compress)
    content = path.read_bytes()
    for end in (1, 2, len(content) // 3, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:end])
        with pytest.raises((RecordingError, InputError), match=r"a\.pkl"):
            convert_smpl(path, OPTIONS)
