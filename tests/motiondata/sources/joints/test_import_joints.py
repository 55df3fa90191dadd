"""Files of joints and features become recordings that builds read."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.errors import InputError, RecordingError
from motiondata.recording import Recording
from motiondata.representations.humanml3d import make_features
from motiondata.representations.joint_sets import (
    amass_to_y_up,
    smpl_to_kit,
    to_kit_frame,
    y_up_to_amass,
)
from motiondata.representations.repr272 import amass_to_posed, make_repr272
from motiondata.representations.skeleton import T2M
from motiondata.skeletons import JOINT
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.humanml3d.index import read_index
from motiondata.sources.joints.read_motions import read_motions
from pipelines.import_report import ImportReport
from pipelines.sources import import_joints
from tests.support.amass_files import save_npz
from tests.support.motion_clips import bundled_lengths, y_up_joints
from tests.support.performances import recorded_scenes
from tests.support.reference_data import reference_data
from tests.support.small_body import small_arrays

Floats = NDArray[np.float64]


def joints_of(recording: Recording) -> Floats:
    """Return the joints of a recording on the bundled body, HumanML3D's frame."""
    shaped = shape_body(bundled_body(), recording.betas)
    return amass_to_y_up(pose_joints(shaped, recording.pose, recording.trans))


def imported(out: Path, name: str) -> Recording:
    (path,) = out.rglob(f"{name}_poses.npz")
    return read_smplh(path, name)


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
    import_joints(
        tmp_path / "walk.npy",
        tmp_path / "out",
        up="z",
        unit="cm",
        fps=30.0,
        licence="Made for a test.",
    )
    recording = imported(tmp_path / "out", "walk")
    assert recording.fps == 30.0
    assert recording.licence.endswith("Made for a test.")
    assert np.linalg.norm(joints_of(recording) - y_up_joints(3, 40), axis=-1).mean() < 0.003


def test_a_rate_of_zero_is_refused_and_not_ignored(tmp_path: Path) -> None:
    np.save(tmp_path / "walk.npy", y_up_joints(3, 40))
    with pytest.raises(InputError, match="fps: expected a rate above 0"):
        import_joints(tmp_path / "walk.npy", tmp_path / "out", fps=0.0)


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
    with pytest.raises(InputError, match=r"found no \.npy file"):
        import_joints(tmp_path, tmp_path / "out")
    np.save(tmp_path / "poses.npy", np.zeros((30, 165)))
    with pytest.raises(InputError, match="nothing could be imported, 1 file failed"):
        import_joints(tmp_path, tmp_path / "out")


def test_a_folder_of_humanml3d_s_joints_keeps_its_names_and_captions(tmp_path: Path) -> None:
    """Files of mirrored clips are left out: builds make them."""
    joints, texts = tmp_path / "HumanML3D" / "new_joints", tmp_path / "HumanML3D" / "texts"
    for folder in (joints, texts):
        folder.mkdir(parents=True)
    for name, side in (("000021", "left"), ("M000021", "right")):
        np.save(joints / f"{name}.npy", y_up_joints(3, 30))
        (texts / f"{name}.txt").write_text(f"a person waves {side}.#a/DET#0.0#0.0\n")
    report = import_joints(joints, tmp_path / "out")
    assert (report.recordings, report.left_out, report.captions) == (1, 1, 1)
    (row,) = read_index(tmp_path / "out" / "index.csv")
    assert (row.name, row.end_frame) == ("000021", 30)
    found = {path.name: path.read_text() for path in (tmp_path / "out" / "texts").iterdir()}
    assert found == {path.name: path.read_text() for path in texts.iterdir()}


def test_results_are_converted_again_if_they_have_changed(tmp_path: Path) -> None:
    def write(count: int) -> None:
        motion = np.repeat(np.moveaxis(y_up_joints(3, 30), 0, -1)[None], count, axis=0)
        results = {"motion": motion, "text": ["walk"] * count, "lengths": np.full(count, 30)}
        np.save(tmp_path / "results.npy", np.array(results), allow_pickle=True)

    def run() -> ImportReport:
        return import_joints(tmp_path / "results.npy", tmp_path / "out")

    write(3)
    assert (run().reused, run().reused) == (0, 3)
    write(2)
    report = run()
    assert (report.recordings, report.reused, report.clips) == (2, 0, 2)


def test_another_body_is_fitted(tmp_path: Path) -> None:
    np.save(tmp_path / "walk.npy", y_up_joints(3, 30))
    save_npz(tmp_path / "body.npz", small_arrays())
    import_joints(tmp_path / "walk.npy", tmp_path / "out", body=tmp_path / "body.npz")
    assert imported(tmp_path / "out", "walk").shape_space != bundled_body().shape_space


def test_kit_s_joints_become_clips(tmp_path: Path) -> None:
    np.save(tmp_path / "walk.npy", to_kit_frame(smpl_to_kit(y_up_joints(3, 30))))
    import_joints(tmp_path / "walk.npy", tmp_path / "out")
    recording = imported(tmp_path / "out", "walk")
    assert (recording.fps, recording.frames) == (25.0, 59)


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
    assert report.error_mm is not None
    assert report.error_mm < 35
    assert "toolbox" in (tmp_path / "texts" / "results_000.txt").read_text()


def test_a_header_with_more_frames_than_memory_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "long.npy"
    with path.open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**12, 22, 3)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(100))
    with pytest.raises(RecordingError, match=r"long\.npy: cannot be read"):
        next(read_motions(path))


MOTIONS = np.moveaxis(y_up_joints(3, 20), 0, -1)[None]

FAULTY: dict[str, tuple[object, str]] = {
    "huge": (y_up_joints(3, 20) * 1e200, "no finite length"),
    "complex": (y_up_joints(3, 20).astype(complex), "found complex128"),
    "objects": (y_up_joints(3, 20).astype(object), "holds no dict"),
    "no frame": (y_up_joints(3, 20)[:0], "found 0"),
    "no frame of features": (np.zeros((0, 263)), "no frame"),
    "huge features": (np.full((20, 263), 1e38), "not finite"),
    "huge rotations": (np.full((20, 272), 1e30), "no finite length"),
    "lengths": ({"motion": MOTIONS, "lengths": np.array([np.nan])}, "lengths that are not frames"),
    "long": ({"motion": MOTIONS, "lengths": np.array([21])}, "not frames from 0 to 20"),
    "negative": ({"motion": MOTIONS, "lengths": np.array([-5])}, "not frames from 0 to 20"),
    "texts": ({"motion": MOTIONS.astype(str), "lengths": np.array([20])}, "without motions"),
}
"""Contents of files that hold no motion, and what is said about them."""


@pytest.mark.parametrize("name", FAULTY)
def test_a_file_without_a_motion_says_why(tmp_path: Path, name: str) -> None:
    content, reason = FAULTY[name]
    value = np.array(content, object) if isinstance(content, dict) else content
    np.save(tmp_path / "faulty.npy", value, allow_pickle=True)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=reason):
        import_joints(tmp_path, tmp_path / "out")


def test_a_file_without_a_header_is_not_taken_for_a_pickle(tmp_path: Path) -> None:
    (tmp_path / "zeros.npy").write_bytes(bytes(500))
    with pytest.raises(InputError, match=r"no header of a \.npy file"):
        import_joints(tmp_path, tmp_path / "out")
