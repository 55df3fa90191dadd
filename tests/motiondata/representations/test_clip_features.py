"""From a clip to the arrays of every representation."""

import numpy as np
import pytest

from motiondata.bodies.load_body import load_body
from motiondata.clip import Clip
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.representations.clip_features import (
    JOINT_SETS,
    REPRESENTATIONS,
    FeatureRequest,
    clip_features,
)
from motiondata.representations.humanml3d_recovery import recover_joints
from motiondata.representations.joint_sets import y_up_to_amass
from motiondata.representations.repr272 import recover_repr272
from motiondata.representations.skeleton import KIT, T2M
from motiondata.representations.targets import body_target
from tests.support.skeleton import moving_pose, recording_of

FRAMES = 40
COLUMNS = {"humanml3d-263": 263, "kit-251": 251, "repr-272": 272}


def made_clip(frames: int = FRAMES) -> Clip:
    pose, trans = moving_pose(frames, 0)
    return Clip("012314", "KIT", pose, trans, 20.0, 0, frames - 1, recording_of(pose, trans))


@pytest.mark.parametrize(("name", "columns"), COLUMNS.items())
def test_a_clip_has_features_of_every_representation(name: str, columns: int) -> None:
    made = clip_features(made_clip(), load_body(), FeatureRequest(name))
    assert made.vectors is not None
    rows = FRAMES if name == "repr-272" else FRAMES - 1
    assert made.vectors.shape == (rows, columns)
    assert len(made.joints) == rows
    assert made.vectors.dtype == made.joints.dtype == np.float32


def test_vectors_and_joints_of_a_clip_agree() -> None:
    clip, body = made_clip(), load_body()
    for name, skeleton in (("humanml3d-263", T2M), ("kit-251", KIT)):
        made = clip_features(clip, body, FeatureRequest(name, corrected=True))
        assert made.vectors is not None
        back = recover_joints(made.vectors, skeleton, corrected=True)
        np.testing.assert_allclose(back, made.joints, rtol=0, atol=2e-5 / skeleton.meters)
    made = clip_features(clip, body, FeatureRequest("repr-272"))
    assert made.vectors is not None
    moved = recover_repr272(made.vectors).joints - made.joints
    assert np.ptp(moved, axis=(0, 1)).max() < 1e-5


def test_the_target_skeleton_of_a_request_is_used() -> None:
    body = load_body()
    tall = 1.2 * body_target(body, T2M)
    made = clip_features(made_clip(), body, FeatureRequest("humanml3d-263", tall))
    np.testing.assert_allclose(T2M.bone_lengths(made.joints[5]), tall, rtol=1e-4)


@pytest.mark.parametrize(("joint_set", "count"), [*zip(JOINT_SETS, (22, 21, 24), strict=True)])
def test_joints_are_given_in_both_frames(joint_set: str, count: int) -> None:
    made = clip_features(made_clip(), load_body(), FeatureRequest("joints", joint_set=joint_set))
    assert made.vectors is None
    assert made.world_joints is not None
    assert made.joints.shape == made.world_joints.shape == (FRAMES, count, 3)
    np.testing.assert_array_equal(y_up_to_amass(made.joints), made.world_joints)


def test_faults_are_counted_where_the_reference_has_some() -> None:
    made = [clip_features(made_clip(), load_body(), FeatureRequest(n)) for n in REPRESENTATIONS]
    assert [list(one.faults) for one in made] == [["yaw_sign", "heading"]] * 2 + [[]] * 2


def test_a_clip_of_one_frame_is_a_drop() -> None:
    with pytest.raises(RecordingError, match="at least 2 frames, found 1") as drop:
        clip_features(made_clip(1), load_body(), FeatureRequest("humanml3d-263"))
    assert drop.value.reason == DropReason.TOO_SHORT


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"representation": "263"}, "representation: expected one of humanml3d-263, kit-251"),
        ({"representation": "joints", "joint_set": "coco"}, "found 'coco'"),
    ],
)
def test_unknown_names_are_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        FeatureRequest(**values)  # type: ignore[arg-type]
