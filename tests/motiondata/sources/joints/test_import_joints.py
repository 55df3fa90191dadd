"""Files of joints and features become recordings that builds read."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.errors import InputError
from motiondata.recording import Recording
from motiondata.representations.humanml3d import make_features
from motiondata.representations.joint_sets import amass_to_y_up, y_up_to_amass
from motiondata.representations.repr272 import amass_to_posed, make_repr272
from motiondata.representations.skeleton import T2M
from motiondata.skeletons import JOINT
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.joints.convert import JointOptions, import_joints
from tests.support.motion_clips import bundled_lengths, y_up_joints
from tests.support.performances import recorded_scenes
from tests.support.reference_data import reference_data

Floats = NDArray[np.float64]


def joints_of(recording: Recording) -> Floats:
    """Return the joints of a recording on the bundled body, HumanML3D's frame."""
    shaped = shape_body(bundled_body(), recording.betas)
    return amass_to_y_up(pose_joints(shaped, recording.pose, recording.trans))


def imported(out: Path, name: str) -> Recording:
    return read_smplh(out / "joints" / f"{name}_poses.npz", name)


def test_joints_become_a_recording(tmp_path: Path) -> None:
    np.save(tmp_path / "walk.npy", y_up_joints(3, 40).astype(np.float32))
    report = import_joints(tmp_path / "walk.npy", tmp_path / "out")
    assert (report.recordings, report.frames, report.failures) == (1, 40, ())
    recording = imported(tmp_path / "out", "walk")
    assert recording.fps == 20.0
    assert recording.licence.startswith("Poses fitted to joint positions by motiondata from walk, ")
    assert np.linalg.norm(joints_of(recording) - y_up_joints(3, 40), axis=-1).mean() < 0.003


def test_options_give_what_a_file_does_not_say(tmp_path: Path) -> None:
    np.save(tmp_path / "walk.npy", y_up_to_amass(y_up_joints(3, 40)) * 100)
    options = JointOptions(up="z", unit="cm", fps=30.0, note="Made for a test.")
    import_joints(tmp_path / "walk.npy", tmp_path / "out", options)
    recording = imported(tmp_path / "out", "walk")
    assert recording.fps == 30.0
    assert recording.licence.endswith("Made for a test.")
    assert np.linalg.norm(joints_of(recording) - y_up_joints(3, 40), axis=-1).mean() < 0.003


def test_a_rate_of_zero_is_refused_and_not_ignored(tmp_path: Path) -> None:
    np.save(tmp_path / "walk.npy", y_up_joints(3, 40))
    with pytest.raises(InputError, match="fps: expected a rate above 0"):
        import_joints(tmp_path / "walk.npy", tmp_path / "out", JointOptions(fps=0.0))


def test_the_263_features_become_a_recording(tmp_path: Path) -> None:
    features = make_features(y_up_joints(3, 40), T2M, bundled_lengths())
    np.save(tmp_path / "walk.npy", features.vectors)
    import_joints(tmp_path, tmp_path / "out")
    found = joints_of(imported(tmp_path / "out", "walk"))
    assert np.linalg.norm(found - features.joints, axis=-1).mean() < 0.005


def test_the_272_features_keep_their_rotations(tmp_path: Path) -> None:
    motion = recorded_scenes()[3].motion
    joints = pose_joints(shape_body(bundled_body(), np.zeros(10)), motion.pose, motion.trans)
    posed = amass_to_posed(joints[:40], motion.pose[:40])
    np.save(tmp_path / "walk.npy", make_repr272(posed))
    import_joints(tmp_path, tmp_path / "out")
    recording = imported(tmp_path / "out", "walk")
    np.testing.assert_allclose(recording.pose[:, 1:], motion.pose[:40, 1:], atol=1e-4)
    assert recording.fps == 30.0


def test_results_of_a_model_become_synthetic_recordings_with_captions(tmp_path: Path) -> None:
    motion = np.moveaxis(np.stack([y_up_joints(3, 40), y_up_joints(4, 40)]), 1, -1)
    texts, lengths = ["a person  walks.", "a person #1 waves."], np.array([40, 30])
    results = {"motion": motion.astype(np.float32), "text": texts, "lengths": lengths}
    np.save(tmp_path / "results.npy", np.array(results), allow_pickle=True)
    report = import_joints(tmp_path / "results.npy", tmp_path / "out")
    assert (report.recordings, report.frames) == (2, 70)
    assert imported(tmp_path / "out", "results_001").synthetic
    texts_folder = tmp_path / "out" / "texts"
    assert (texts_folder / "results_000.txt").read_text() == "a person walks.\n"
    assert (texts_folder / "results_001.txt").read_text() == "a person 1 waves.\n"


def test_a_pickle_that_names_code_is_not_run(tmp_path: Path) -> None:
    np.save(tmp_path / "results.npy", np.array([Path("x")], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="No code was run"):
        import_joints(tmp_path / "results.npy", tmp_path / "out")


def test_a_faulty_file_is_a_failure_and_the_others_are_imported(tmp_path: Path) -> None:
    source, good = tmp_path / "in", y_up_joints(3, 30)
    source.mkdir()
    np.save(source / "good.npy", good)
    np.save(source / "nan.npy", np.where(np.arange(30)[:, None, None] == 4, np.nan, good))
    np.save(source / "one.npy", good[:1])
    np.save(source / "poses.npy", np.zeros((30, 165)))
    np.save(source / "vectors.npy", np.full((30, 263), np.nan))
    (source / "cut.npy").write_bytes((source / "good.npy").read_bytes()[:1000])
    report = import_joints(source, tmp_path / "out")
    assert report.recordings == 1
    reasons = {failure.source: failure.message for failure in report.failures}
    assert sorted(reasons) == ["cut.npy", "nan.npy", "one.npy", "poses.npy", "vectors.npy"]
    assert "the first one is frame 4" in reasons["nan.npy"]
    assert "expected at least 2 frames, found 1" in reasons["one.npy"]
    assert "found float64 shaped (30, 165)" in reasons["poses.npy"]


def test_nothing_to_import_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a \.npy file"):
        import_joints(tmp_path, tmp_path / "out")
    np.save(tmp_path / "poses.npy", np.zeros((30, 165)))
    with pytest.raises(InputError, match="nothing could be imported, 1 file failed"):
        import_joints(tmp_path, tmp_path / "out")


def test_files_of_the_same_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "walk.npy", y_up_joints(3, 30))
    np.save(tmp_path / "other.npy", y_up_joints(3, 30))
    report = import_joints(tmp_path, tmp_path / "out")
    assert report.recordings == 1
    assert [failure.source for failure in report.failures] == ["a/walk.npy", "b/walk.npy"]


def test_a_recording_of_others_is_not_overwritten(tmp_path: Path) -> None:
    np.save(tmp_path / "walk.npy", y_up_joints(3, 30))
    (tmp_path / "out" / "joints").mkdir(parents=True)
    np.savez(tmp_path / "out" / "joints" / "walk_poses.npz", poses=np.zeros(3))
    with pytest.raises(InputError, match="would be lost"):
        import_joints(tmp_path / "walk.npy", tmp_path / "out")
    (tmp_path / "out" / "joints" / "walk_poses.npz").unlink()
    for _ in range(2):
        assert import_joints(tmp_path / "walk.npy", tmp_path / "out").recordings == 1


def test_the_published_clip_stands_from_its_joints_and_from_its_vectors(tmp_path: Path) -> None:
    joints = np.load(reference_data("humanml3d", "new_joints", "012314.npy"))
    for kind in ("new_joints", "new_joint_vecs"):
        import_joints(reference_data("humanml3d", kind, "012314.npy"), tmp_path / kind)
        found = joints_of(imported(tmp_path / kind, "012314"))
        frames = min(len(found), len(joints))
        error = np.linalg.norm(found[:frames] - joints[:frames], axis=-1)
        assert error.mean() < 0.035, "the skeleton is SMPL's, and the body is not"
        height = found[:, JOINT["head"], 1] - found[..., 1].min(axis=1)
        assert 0.7 < height.min() < height.max() < 1.8


def test_real_results_of_mdm_are_imported(tmp_path: Path) -> None:
    report = import_joints(reference_data("sources", "mdm", "results.npy"), tmp_path)
    assert (report.recordings, report.frames, report.failures) == (3, 180, ())
    assert report.mean_error_meters < 0.035
    assert "toolbox" in (tmp_path / "texts" / "results_000.txt").read_text()
