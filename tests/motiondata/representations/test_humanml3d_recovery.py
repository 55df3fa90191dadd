"""From features back to joints: round trips, by positions and by rotations."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from motiondata.errors import InputError
from motiondata.representations.humanml3d import make_features
from motiondata.representations.humanml3d_recovery import (
    recover_joints,
    recover_joints_by_rotations,
)
from motiondata.representations.joint_sets import smpl_to_kit, to_kit_frame
from motiondata.representations.skeleton import KIT, T2M
from tests.support.motion_clips import bundled_lengths, walking_in_a_circle, y_up_joints
from tests.support.reference_data import reference_data

NUMBERS = st.integers(0, 20)
METERS = 2e-5
"""Single precision, summed over 120 frames."""


@settings(deadline=None, max_examples=20)
@given(NUMBERS, st.booleans())
def test_joints_come_back_by_positions(number: int, corrected: bool) -> None:
    features = make_features(y_up_joints(number), T2M, bundled_lengths(), corrected)
    assume(corrected or not features.crosses.any())
    back = recover_joints(features.vectors, T2M, corrected)
    np.testing.assert_allclose(back, features.joints, rtol=0, atol=METERS)


@settings(deadline=None, max_examples=20)
@given(NUMBERS, st.booleans())
def test_joints_come_back_by_rotations(number: int, corrected: bool) -> None:
    lengths = bundled_lengths()
    features = make_features(y_up_joints(number), T2M, lengths, corrected)
    assume(corrected or not features.crosses.any())
    back = recover_joints_by_rotations(features.vectors, T2M, lengths, corrected)
    np.testing.assert_allclose(back, features.joints, rtol=0, atol=METERS)


@pytest.mark.parametrize("number", [0, 5])
def test_kit_joints_come_back_both_ways(number: int) -> None:
    joints = to_kit_frame(smpl_to_kit(y_up_joints(number)))
    lengths = KIT.bone_lengths(joints[0])
    features = make_features(joints, KIT, lengths, corrected=True)
    by_positions = recover_joints(features.vectors, KIT, corrected=True)
    by_rotations = recover_joints_by_rotations(features.vectors, KIT, lengths, corrected=True)
    for back in (by_positions, by_rotations):
        np.testing.assert_allclose(back, features.joints, rtol=0, atol=METERS / KIT.meters)


def test_corrected_features_come_back_where_the_heading_turns_all_ways() -> None:
    features = make_features(walking_in_a_circle(), T2M, bundled_lengths(), corrected=True)
    assert features.crosses.any()
    back = recover_joints(features.vectors, T2M, corrected=True)
    np.testing.assert_allclose(back, features.joints, rtol=0, atol=METERS)


def test_features_of_the_reference_do_not_come_back_after_the_wrong_sign() -> None:
    features = make_features(walking_in_a_circle(), T2M, bundled_lengths())
    back = recover_joints(features.vectors, T2M)
    wrong = int(features.crosses.argmax())
    error = np.abs(back - features.joints).max(axis=(1, 2))
    assert error[: wrong + 1].max() < METERS
    assert error[wrong + 1 :].min() > 0.01


def test_published_features_give_the_published_joints() -> None:
    vectors = np.load(reference_data("humanml3d", "new_joint_vecs", "012314.npy"))
    joints = np.load(reference_data("humanml3d", "new_joints", "012314.npy"))
    lengths = T2M.bone_lengths(np.load(reference_data("humanml3d", "target_skeleton.npy")))
    np.testing.assert_allclose(recover_joints(vectors, T2M), joints, rtol=0, atol=1e-6)
    back = recover_joints_by_rotations(vectors, T2M, lengths)
    np.testing.assert_allclose(back, joints, rtol=0, atol=METERS)


def test_features_of_another_width_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected numbers shaped \(frames, 263\)"):
        recover_joints(np.zeros((5, 251)), T2M)
