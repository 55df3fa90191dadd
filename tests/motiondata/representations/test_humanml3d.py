"""HumanML3D's features: equal to the reference, and consistent by themselves on made motion."""

from hashlib import blake2b

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.representations.humanml3d import make_features
from motiondata.representations.joint_sets import (
    amass_to_y_up,
    mirror_joints,
    smpl_to_kit,
    to_kit_frame,
)
from motiondata.representations.layout import columns_of
from motiondata.representations.skeleton import KIT, T2M
from tests.support.motion_clips import bundled_lengths, walking_in_a_circle, y_up_joints
from tests.support.reference.humanml3d_features import features as plain_features
from tests.support.reference_data import reference_data

CLIPS = ("000327", "002586", "007923", "012181", "013285")
ARC_SINE = 2e-8
"""The first column is an arc sine, which libraries round differently in the last bit."""
PUBLISHED = 1e-5
"""The published clip was made on another machine, and one frame of its joints is not published."""
BITS = "fa95753477843e9b"
"""BLAKE2b-64 of the features of random joints, as computed on one processor."""
MADE = range(0, 12, 3)

Singles = NDArray[np.float32]


def reference(*parts: str) -> Singles:
    array: Singles = np.load(reference_data(*parts))
    return array


def assert_same_bits(found: Singles, expected: Singles) -> None:
    """Assert that all columns but the first one are equal, and the first one but for its end."""
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found[:, 1:], expected[:, 1:])
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=0, atol=ARC_SINE)


def t2m_target() -> NDArray[np.float64]:
    return T2M.bone_lengths(reference("humanml3d", "target_skeleton.npy"))


@pytest.mark.parametrize("name", [*CLIPS, *(f"M{name}" for name in CLIPS)])
def test_263_equal_those_of_the_reference(name: str) -> None:
    joints = amass_to_y_up(reference("features", "humanml3d_263", f"{name[-6:]}.joints.npy"))
    joints = mirror_joints(joints) if name.startswith("M") else joints
    expected = reference("features", "humanml3d_263", f"{name}.vectors.npy")
    assert_same_bits(make_features(joints, T2M, t2m_target()).vectors, expected)
    assert_same_bits(plain_features(joints, T2M, t2m_target()), expected)


def test_263_of_the_published_joints_are_the_published_features() -> None:
    joints = reference("humanml3d", "new_joints", "012314.npy")
    expected = reference("humanml3d", "new_joint_vecs", "012314.npy")
    found = make_features(joints, T2M, t2m_target()).vectors
    np.testing.assert_allclose(found[:80], expected[:80], rtol=0, atol=PUBLISHED)


@pytest.mark.parametrize("name", ["a", "d"])
def test_251_equal_those_of_the_reference(name: str) -> None:
    lengths = KIT.bone_lengths(reference("features", "kit_251", "target_skeleton.npy"))
    joints = reference("features", "kit_251", f"{name}.joints.npy")
    expected = reference("features", "kit_251", f"{name}.vectors.npy")
    assert_same_bits(make_features(joints, KIT, lengths).vectors, expected)


@pytest.mark.parametrize("number", MADE)
def test_263_of_made_motion_equal_the_plain_steps_of_the_notebook(number: int) -> None:
    joints, lengths = y_up_joints(number), bundled_lengths()
    found = make_features(joints, T2M, lengths).vectors
    assert_same_bits(found, plain_features(joints, T2M, lengths))


@pytest.mark.parametrize("number", MADE)
def test_the_first_frame_faces_z_at_the_origin(number: int) -> None:
    joints = make_features(y_up_joints(number), T2M, bundled_lengths()).joints
    across = joints[0, 1] - joints[0, 2] + joints[0, 16] - joints[0, 17]
    assert across[0] > 0
    assert across[2] == pytest.approx(0, abs=1e-6)
    assert joints[0, 0, ::2] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("number", MADE)
def test_the_lowest_joint_of_a_clip_is_on_the_floor(number: int) -> None:
    joints = y_up_joints(number)
    held = np.concatenate([joints, joints[-1:]])  # the last frame has no row
    found = make_features(held, T2M, bundled_lengths()).joints
    assert found[..., 1].min() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("number", MADE)
def test_features_do_not_depend_on_the_place_and_the_direction_of_a_clip(number: int) -> None:
    joints = y_up_joints(number)
    turned = np.stack([2 + joints[..., 2], 0.5 + joints[..., 1], 1 - joints[..., 0]], axis=-1)
    here, there = (make_features(j, T2M, bundled_lengths()).vectors for j in (joints, turned))
    contacts = columns_of(T2M).contacts.start
    np.testing.assert_allclose(here[:, :contacts], there[:, :contacts], rtol=0, atol=2e-4)


@pytest.mark.parametrize("number", MADE)
def test_mirrored_features_have_the_same_heights_and_the_opposite_yaw(number: int) -> None:
    joints = y_up_joints(number)
    own, other = (
        make_features(j, T2M, bundled_lengths(), corrected=True).vectors
        for j in (joints, mirror_joints(joints))
    )
    np.testing.assert_allclose(own[:, 0], -other[:, 0], rtol=0, atol=1e-4)
    np.testing.assert_allclose(own[:, 3], other[:, 3], rtol=0, atol=1e-3)


def test_a_body_on_its_own_skeleton_keeps_its_path() -> None:
    joints = y_up_joints(0)
    fitted = make_features(joints, T2M, T2M.bone_lengths(joints[0])).joints
    steps, expected = (np.diff(path[:, 0], axis=0) for path in (fitted, joints[:-1]))
    np.testing.assert_allclose(
        np.linalg.norm(steps, axis=-1), np.linalg.norm(expected, axis=-1), rtol=0, atol=1e-5
    )


def test_feet_are_in_contact_while_they_stand_still_and_not_while_they_slide() -> None:
    joints = np.repeat(y_up_joints(0)[:1], 30, axis=0)
    joints[15:, :, 0] += 0.05 * np.arange(15)[:, None]  # 5 cm a frame; the limit is 4.5 cm
    lengths = T2M.bone_lengths(joints[0])
    contacts = make_features(joints, T2M, lengths).vectors[:, columns_of(T2M).contacts]
    assert contacts[:15].all()
    assert not contacts[15:].any()


def test_a_turn_of_the_heading_past_the_back_has_the_wrong_sign_once() -> None:
    features = make_features(walking_in_a_circle(turns=1.4), T2M, bundled_lengths())
    yaw = features.vectors[:, 0]
    assert features.crosses.sum() == 1
    assert np.sign(yaw[features.crosses]) == -np.sign(np.median(yaw))


def test_corrected_features_store_whole_angles_and_have_no_wrong_sign() -> None:
    lengths, turns, frames = bundled_lengths(), 4.0, 600
    joints = walking_in_a_circle(turns, frames)
    faulty, correct = (make_features(joints, T2M, lengths, way).vectors for way in (False, True))
    step = 2 * np.pi * turns / (frames - 1)
    inner = slice(100, -100)  # away from the ends, where the filter bends the heading
    np.testing.assert_allclose(correct[inner, 0], -step, rtol=0.01)
    np.testing.assert_allclose(np.abs(faulty[inner, 0]), step / 2, rtol=0.01)
    assert len(set(np.sign(faulty[inner, 0]))) == 2


def test_kit_features_are_made_from_a_posed_body() -> None:
    joints = to_kit_frame(smpl_to_kit(y_up_joints(3)))
    first = make_features(joints, KIT, KIT.bone_lengths(joints[0])).joints[0]
    assert first[16, 0] > first[11, 0]  # the reference calls joint 11 the right hip
    assert np.cross([0.0, 1.0, 0.0], first[11] - first[16])[2] > 0
    assert first[15, 2] + first[20, 2] > first[13, 2] + first[18, 2]  # toes before the ankles


@pytest.mark.parametrize(
    ("joints", "reason"),
    [
        (np.ones((1, 22, 3)), DropReason.TOO_SHORT),
        (np.full((5, 22, 3), np.nan), DropReason.NOT_FINITE),
        (np.zeros((5, 22, 3)), DropReason.INVALID),
    ],
    ids=["one frame", "NaN", "no bones"],
)
def test_a_clip_without_features_is_refused_with_its_reason(
    joints: NDArray[np.float64], reason: DropReason
) -> None:
    with pytest.raises(RecordingError) as error:
        make_features(joints, T2M, bundled_lengths())
    assert error.value.reason == reason


def test_joints_of_another_skeleton_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected numbers shaped \(frames, 22, 3\)"):
        make_features(np.zeros((5, 21, 3)), T2M, bundled_lengths())


def test_a_target_skeleton_with_too_few_joints_is_refused() -> None:
    with pytest.raises(InputError, match="at least 22 joints for t2m, found 21"):
        T2M.bone_lengths(np.zeros((21, 3)))


def test_a_target_skeleton_with_equal_joints_is_refused() -> None:
    with pytest.raises(InputError, match="the bone of joint 1 is 0 long"):
        T2M.bone_lengths(np.zeros((22, 3)))


def test_bones_opposite_to_their_rest_direction_have_a_rotation() -> None:
    joints = np.repeat(y_up_joints(0)[:1], 5, axis=0)
    joints[:, 7] = joints[:, 4] + [0.0, 0.4, 0.0]  # the left shin points straight up
    assert np.isfinite(make_features(joints, T2M, bundled_lengths()).vectors).all()


def test_features_have_the_same_bits_as_on_another_processor() -> None:
    joints = y_up_joints(0)[0].round(3) + np.random.default_rng(0).uniform(-0.1, 0.1, (50, 22, 3))
    vectors = make_features(joints, T2M, T2M.bone_lengths(joints[0])).vectors
    assert blake2b(vectors.tobytes(), digest_size=8).hexdigest() == BITS
