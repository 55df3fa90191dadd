"""Files of SMPL poses, in the layouts of archives and video methods, are recordings."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.bodies.templates import REST_PELVIS_METERS
from motiondata.errors import InputError, RecordingError
from motiondata.motion_files.smpl_params import motion_to_smpl_params
from motiondata.recording import SMPL_SHAPES, SMPLX_SHAPES, Recording
from motiondata.rotations import (
    rotmat_to_rotvec,
    rotmat_to_sixd_rows,
    rotvec_to_quaternion,
    rotvec_to_rotmat,
)
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.humanml3d.archive import Archive
from motiondata.sources.humanml3d.index import read_index
from motiondata.sources.smpl.convert import SmplOptions, convert_smpl
from motiondata.sources.smpl.upright import UPS
from pipelines.sources import import_smpl
from tests.support.body_motions import made_motion
from tests.support.skeleton import moving_pose

FRAMES = 40


def converted(path: Path, options: SmplOptions) -> tuple[Recording, tuple[str, ...]]:
    """Return the recording of the only person in a file, and what was found about it."""
    (made,) = convert_smpl(path, options)
    return made.recording, made.found


def motion(up: str = "z", space: str = SMPL_SHAPES) -> tuple[np.ndarray, np.ndarray]:
    """Return the pose (frames, 22, 3) and trans of a person, in a world where `up` is up."""
    pose, trans = moving_pose(FRAMES, seed=1)
    turn, pelvis = UPS[up].T, np.array(REST_PELVIS_METERS[space])
    turned = pose.copy()
    turned[:, 0] = rotmat_to_rotvec(turn @ rotvec_to_rotmat(pose[:, 0]))
    return turned, (trans + pelvis) @ turn.T - pelvis


def aist(path: Path) -> Path:
    pose, trans = motion("y")
    poses = np.zeros((FRAMES, 72), np.float32)
    poses[:, :66] = pose.reshape(FRAMES, 66)
    content = {"smpl_poses": poses, "smpl_trans": 93.0 * trans, "smpl_scaling": np.array([93.0]),
               "smpl_loss": 0.1}  # fmt: skip
    path.with_suffix(".pkl").write_bytes(pickle.dumps(content))
    return path.with_suffix(".pkl")


def motion_x(path: Path) -> Path:
    pose, trans = motion("y", SMPLX_SHAPES)
    array = np.zeros((FRAMES, 322), np.float32)
    array[:, :66], array[:, 309:312] = pose.reshape(FRAMES, 66), trans
    np.save(path.with_suffix(".npy"), array)
    return path.with_suffix(".npy")


def gvhmr(path: Path) -> Path:
    pose, trans = motion("y", SMPLX_SHAPES)
    part = {"global_orient": torch.tensor(pose[:, 0]), "transl": torch.tensor(trans),
            "body_pose": torch.tensor(pose[:, 1:].reshape(FRAMES, 63)),
            "betas": torch.zeros(FRAMES, 10)}  # fmt: skip
    torch.save({"smpl_params_global": part, "K_fullimg": torch.eye(3)}, path.with_suffix(".pt"))
    return path.with_suffix(".pt")


def humans(path: Path) -> Path:
    pose, trans = motion("-y")
    matrices = np.zeros((FRAMES, 24, 3, 3)) + np.eye(3)
    matrices[:, :22] = rotvec_to_rotmat(pose)
    np.savez(path, global_orient=matrices[:, :1], body_pose=matrices[:, 1:], transl=trans, fps=30)
    return path.with_suffix(".npz")


def wham(path: Path) -> Path:
    """Write both results of WHAM: in the frame of the camera, and in the world."""
    camera, world = motion("-y"), motion("y")
    poses = [np.pad(pose.reshape(FRAMES, 66), ((0, 0), (0, 6))) for pose, _ in (camera, world)]
    np.savez(path, pose=poses[0], trans=camera[1] + (0.0, 0.0, 5.0), pose_world=poses[1],
             trans_world=world[1], betas=np.zeros((FRAMES, 10)), fps=30)  # fmt: skip
    return path.with_suffix(".npz")


def stageii(path: Path) -> Path:
    pose, trans = motion("z", SMPLX_SHAPES)
    np.savez(path, root_orient=pose[:, 0], pose_body=pose[:, 1:].reshape(FRAMES, 63), trans=trans,
             betas=np.zeros(16), gender="female", mocap_frame_rate=60.0)  # fmt: skip
    return path.with_suffix(".npz")


@pytest.mark.parametrize(
    ("write", "fps", "up", "space"),
    [
        (aist, 60.0, "y", SMPL_SHAPES),
        (motion_x, 30.0, "y", SMPLX_SHAPES),
        (gvhmr, 25.0, "y", SMPLX_SHAPES),
        (humans, 30.0, "-y", SMPL_SHAPES),
        (wham, 30.0, "y", SMPL_SHAPES),
        (stageii, 60.0, "z", SMPLX_SHAPES),
    ],
)
def test_each_layout_gives_the_motion_with_z_up(
    write: Callable[[Path], Path], fps: float, up: str, space: str, tmp_path: Path
) -> None:
    given = 25.0 if write is gvhmr else None
    recording, notes = converted(write(tmp_path / "walk"), SmplOptions(fps=given))
    pose, trans = motion("z", space)
    np.testing.assert_allclose(rotvec_to_rotmat(recording.pose), rotvec_to_rotmat(pose), atol=1e-5)
    np.testing.assert_allclose(recording.trans, trans, atol=1e-5)
    assert (recording.fps, recording.shape_space) == (fps, space)
    assert f"up {up}, betas of {space}, floor kept" in notes[0]


def hybrik(path: Path, quaternions: bool, **replaced: Any) -> tuple[Path, np.ndarray]:
    """Write HybrIK's results as its demonstration does; also return the places in the camera."""
    pose, trans = motion("-y")
    pelvis = trans + REST_PELVIS_METERS[SMPL_SHAPES] + (0.0, 0.0, 5.0)
    matrices = np.zeros((FRAMES, 24, 3, 3)) + np.eye(3)
    matrices[:, :22] = rotvec_to_rotmat(pose)
    thetas = matrices.reshape(FRAMES, 216)
    if quaternions:
        whole = np.concatenate([pose, np.zeros((FRAMES, 2, 3))], axis=1)
        thetas = np.roll(rotvec_to_quaternion(whole), 1, axis=-1).reshape(FRAMES, 96)
    width = np.linspace(200, 400, FRAMES)
    root = pelvis.copy()
    root[:, 2] *= width / 256  # a depth for each box
    rows = {
        "pred_thetas": thetas.astype(np.float32), "pred_betas": np.zeros((FRAMES, 10)),
        "pred_xyz_24_struct": np.zeros((FRAMES, 24, 3)), "pred_cam_root": root,
        "transl": root, "transl_camsys": root, "height": np.full(FRAMES, 720),
        "bbox": np.stack([0 * width, 0 * width, width, width], axis=1) + 30.0,
        "img_path": np.array([f"raw_images/dance-{frame:06d}.png" for frame in range(FRAMES)]),
    }  # fmt: skip
    path.with_suffix(".pk").write_bytes(pickle.dumps({**rows, **replaced}))
    return path.with_suffix(".pk"), pelvis


@pytest.mark.parametrize("quaternions", [False, True])
def test_hybrik_s_results_are_read(quaternions: bool, tmp_path: Path) -> None:
    path, pelvis = hybrik(tmp_path / "res", quaternions)
    recording, notes = converted(path, SmplOptions(fps=25.0))
    pose, _ = motion("z")
    np.testing.assert_allclose(rotvec_to_rotmat(recording.pose), rotvec_to_rotmat(pose), atol=1e-5)
    moved = np.diff(recording.trans, axis=0)
    x, y, z = np.diff(pelvis, axis=0).T  # x right, y down, z forward
    np.testing.assert_allclose(moved, np.stack([x, z, -y], axis=1), atol=1e-5)
    assert "up -y" in notes[0]
    assert "focal length of 1,000 pixels" in notes[0]


@pytest.mark.parametrize(
    "damage",
    [
        {"pred_thetas": np.zeros((0, 96), np.float32)},
        {"pred_thetas": np.float32(1)},
        {"pred_thetas": np.array(["a", "b"])},
    ],
)
def test_hybrik_s_results_without_rotations_are_refused(
    damage: dict[str, Any], tmp_path: Path
) -> None:
    path, _ = hybrik(tmp_path / "res", quaternions=True, **damage)
    with pytest.raises(RecordingError):
        converted(path, SmplOptions(fps=25.0))


def test_hybrik_s_results_with_a_place_in_words_have_no_place(tmp_path: Path) -> None:
    words = np.full((FRAMES, 3), "x")
    path, _ = hybrik(tmp_path / "res", quaternions=True, pred_cam_root=words)
    recording, _ = converted(path, SmplOptions(fps=25.0))
    assert np.ptp(recording.trans[:, :2], axis=0).max() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_mdm_s_smpl_params_are_read(suffix: str, tmp_path: Path) -> None:
    pose, trans = motion("y")
    matrices = np.zeros((FRAMES, 24, 3, 3)) + np.eye(3)
    matrices[:, :22] = rotvec_to_rotmat(pose)
    content = {
        "thetas": np.moveaxis(rotmat_to_sixd_rows(matrices), 0, -1),
        "root_translation": (trans + REST_PELVIS_METERS[SMPL_SHAPES]).T,
        "text": " a person walks ",
    }
    path = tmp_path / f"sample00_rep00_smpl_params{suffix}"
    if suffix == ".npz":
        np.savez(path, **content)  # type: ignore[arg-type]
    else:
        np.save(path, np.array(content, object), allow_pickle=True)
    report = import_smpl(tmp_path, tmp_path / "out")
    (row,) = read_index(tmp_path / "out/index.csv")
    recording = read_smplh(Archive.scan(tmp_path / "out").find(row), "sample")
    expected = motion()
    np.testing.assert_allclose(
        rotvec_to_rotmat(recording.pose), rotvec_to_rotmat(expected[0]), atol=1e-5
    )
    np.testing.assert_allclose(recording.trans, expected[1], atol=1e-5)
    assert (recording.fps, report.captions) == (20.0, 1)


def test_an_exported_motion_comes_back(tmp_path: Path) -> None:
    made = made_motion(30, spread=0.1)
    path = tmp_path / "a_smpl_params.npz"
    path.write_bytes(motion_to_smpl_params(made))
    recording, _ = converted(path, SmplOptions())
    shaped = shape_body(bundled_body(), recording.betas)
    joints = pose_joints(shaped, recording.pose, recording.trans)
    moved = joints - made.joints()  # a person in the air is put on the floor
    assert np.abs(moved - moved[0, 0]).max() < 1e-5
    assert np.abs(moved[0, 0, :2]).max() < 1e-5
    assert recording.fps == made.recording.fps


def test_a_recording_of_this_project_keeps_what_it_says(tmp_path: Path) -> None:
    made = made_motion(30).recording
    write_amass(tmp_path / "in/a_poses.npz", replace(made, synthetic=True, licence="free"))
    recording, _ = converted(tmp_path / "in/a_poses.npz", SmplOptions())
    assert (recording.shape_space, recording.synthetic) == (made.shape_space, True)
    assert made.shape_space not in (SMPL_SHAPES, SMPLX_SHAPES)
    assert recording.licence == "free"
    given, _ = converted(tmp_path / "in/a_poses.npz", SmplOptions(licence="mine"))
    assert given.licence == "mine"


@pytest.mark.parametrize("up", [*UPS])
def test_the_direction_that_is_up_is_found(up: str, tmp_path: Path) -> None:
    pose, trans = motion(up)
    np.savez(tmp_path / "a.npz", poses=pose.reshape(FRAMES, 66), trans=trans, fps=30.0)
    recording, notes = converted(tmp_path / "a.npz", SmplOptions())
    assert f"up {up}," in notes[0]
    np.testing.assert_allclose(recording.trans, motion()[1], atol=1e-6)


def test_a_person_far_from_the_floor_is_put_on_it(tmp_path: Path) -> None:
    pose, trans = motion()
    np.savez(tmp_path / "a.npz", poses=pose.reshape(FRAMES, 66), trans=trans + 3.0, fps=30.0)
    recording, notes = converted(tmp_path / "a.npz", SmplOptions())
    assert "floor moved by -" in notes[0]
    assert np.abs(recording.trans[:, 2] - trans[:, 2]).max() < 0.15


def test_the_median_of_betas_is_taken(tmp_path: Path) -> None:
    pose, trans = motion()
    betas = np.tile(np.linspace(-1, 1, 10), (FRAMES, 1))
    betas[0] = 9.0
    np.savez(tmp_path / "a.npz", poses=pose, trans=trans, fps=30.0, betas=betas)
    np.testing.assert_allclose(converted(tmp_path / "a.npz", SmplOptions())[0].betas, betas[1])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"poses": None}, "no poses"),
        ({"thetas": np.zeros((24, 6, 3))}, r"root_translation object shaped \(\)"),
        ({"poses": np.zeros((FRAMES, 30))}, "10 rotations a frame"),
        ({"poses": np.zeros((FRAMES, 65))}, "expected axis-angle"),
        ({"poses": np.zeros((FRAMES, 66), int)}, "expected axis-angle"),
        ({"poses": np.full((FRAMES, 66), np.nan)}, "no person, in 40 of 40 frames"),
        ({"trans": np.zeros((FRAMES + 1, 3))}, r"expected \(40, 3\)"),
        ({"trans": np.full((FRAMES, 3), 1e4)}, "positions of no person"),
        ({"betas": np.full(10, np.nan)}, "betas"),
        ({"fps": None}, "give it with --fps"),
        ({"fps": np.array(0.0)}, "frame rate"),
    ],
)
def test_a_faulty_file_is_refused_with_its_reason(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    pose, trans = motion()
    arrays = {"poses": pose.reshape(FRAMES, 66), "trans": trans, "fps": np.array(30.0)} | changes
    np.savez(
        tmp_path / "a.npz", **{key: value for key, value in arrays.items() if value is not None}
    )
    with pytest.raises(RecordingError, match=reason):
        converted(tmp_path / "a.npz", SmplOptions())


class _Trap:
    def __reduce__(self) -> Any:
        return print, ("run",)


@pytest.mark.parametrize("content", [b"", b"no file", pickle.dumps(_Trap()), pickle.dumps([1])])
@pytest.mark.parametrize("suffix", [".pkl", ".pk", ".npz", ".npy", ".pt"])
def test_other_content_is_refused_and_not_run(
    content: bytes, suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="a"):
        converted(path, SmplOptions())
    assert capsys.readouterr().out == ""


def test_unknown_options_are_errors() -> None:
    with pytest.raises(InputError, match="--up"):
        SmplOptions(up="up")
    with pytest.raises(InputError, match="--fps"):
        SmplOptions(fps=0.0)


def test_a_folder_becomes_an_archive_with_an_index(tmp_path: Path) -> None:
    source, out = tmp_path / "dance", tmp_path / "out"
    source.mkdir()
    for actor in range(8):
        aist(source / f"gBR_sBM_cAll_d{actor:02d}_mBR0_ch01")
    stageii(source / "walk_stageii")
    np.savez(source / "neutral_stagei.npz", betas=np.zeros(16))
    (source / "bad.pkl").write_bytes(b"none")
    report = import_smpl(source, out)
    assert (report.recordings, report.left_out, report.clips) == (9, 1, 9)
    assert [failure.source for failure in report.failures] == ["bad.pkl"]
    assert sum(report.splits.values()) == 9
    rows = {row.name: row for row in read_index(out / "index.csv")}
    recording = read_smplh(Archive.scan(out).find(rows["walk"]), "walk")
    assert (recording.shape_space, recording.gender) == (SMPLX_SHAPES, "female")
    assert import_smpl(source, out).reused == 9
    assert import_smpl(source, out, fps=50.0).reused == 0
