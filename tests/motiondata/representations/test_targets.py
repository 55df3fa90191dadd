"""Target skeletons: read from the files of the field, or taken from a body."""

from pathlib import Path

import numpy as np
import pytest

from motiondata.bodies.load_body import load_body
from motiondata.errors import InputError
from motiondata.representations.skeleton import KIT, T2M, FeatureSkeleton
from motiondata.representations.targets import body_target, read_target
from tests.support.motion_clips import y_up_joints
from tests.support.reference_data import reference_data


def test_a_file_of_one_pose_and_one_of_a_clip_give_the_same_lengths(tmp_path: Path) -> None:
    clip = y_up_joints(0)
    np.save(tmp_path / "pose.npy", clip[0])
    np.save(tmp_path / "clip.npy", clip)
    pose, frames = (read_target(tmp_path / f"{name}.npy", T2M) for name in ("pose", "clip"))
    assert (pose == frames).all()
    np.testing.assert_allclose(pose, T2M.bone_lengths(clip[5]), rtol=1e-5)


def test_the_published_target_has_the_published_length_of_a_leg() -> None:
    lengths = read_target(reference_data("humanml3d", "target_skeleton.npy"), T2M)
    assert lengths[4] + lengths[7] == pytest.approx(0.815832, abs=1e-6)


def test_a_body_has_the_lengths_of_its_posed_joints() -> None:
    lengths = body_target(load_body(), T2M)
    assert 0.7 < lengths[4] + lengths[7] < 1.0


def test_the_skeleton_of_another_joint_order_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "smpl.npy", 1000 * y_up_joints(0)[0])
    with pytest.raises(InputError, match=r"smpl.npy: .*the joints of kit in their order"):
        read_target(tmp_path / "smpl.npy", KIT)


@pytest.mark.parametrize(
    ("skeleton", "name"),
    [(T2M, "humanml3d/target_skeleton.npy"), (KIT, "features/kit_251/target_skeleton.npy")],
    ids=["t2m", "kit"],
)
def test_published_targets_are_read(skeleton: FeatureSkeleton, name: str) -> None:
    joints = np.load(reference_data(*name.split("/")))
    lengths = read_target(reference_data(*name.split("/")), skeleton)
    np.testing.assert_array_equal(lengths, skeleton.bone_lengths(joints))


def test_the_lengths_for_kit_are_in_millimeters() -> None:
    meters, millimeters = (body_target(load_body(), skeleton) for skeleton in (T2M, KIT))
    leg = [joint - 1 for joint in KIT.leg]
    assert millimeters[leg].sum() == pytest.approx(1000 * (meters[4] + meters[7]), rel=1e-6)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.npy", None, "cannot be read as a target skeleton"),
        ("text.npy", b"no array", "cannot be read as a target skeleton"),
        ("flat.npy", np.zeros(66), r"found \(66,\); expected joints shaped"),
        ("zip.npy", b"PK\x03\x04 no array", "cannot be read as a target skeleton"),
        (
            "unit.npy",
            1000 * y_up_joints(0)[0],
            r"expected joints in units of 1 m, .* Scale the joints",
        ),
        ("small.npy", np.zeros((21, 3)), "small.npy: target skeleton: expected at least 22 joints"),
    ],
    ids=["none", "text", "flat", "archive", "unit", "small"],
)
def test_other_files_are_refused_with_their_name(
    tmp_path: Path, name: str, content: object, message: str
) -> None:
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    elif isinstance(content, np.ndarray):
        np.save(tmp_path / name, content)
    with pytest.raises(InputError, match=message):
        read_target(tmp_path / name, T2M)
