"""The 272 features: equal to the reference, and back to the same joints and poses."""

from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.bodies.posing import pose_joints
from motiondata.errors import InputError, RecordingError
from motiondata.representations.joint_sets import mirror_joints
from motiondata.representations.repr272 import (
    POSITIONS,
    ROOT_VELOCITY,
    ROTATIONS,
    VELOCITIES,
    YAW_VELOCITY,
    Posed,
    amass_to_posed,
    face_z,
    make_repr272,
    posed_to_amass,
    recover_repr272,
)
from motiondata.representations.sixd import multiply, rotate
from motiondata.representations.skeleton import T2M
from motiondata.rotations import about, rotvec_to_rotmat
from tests.support.motion_clips import posed_clip
from tests.support.performances import recorded_scenes, shaped
from tests.support.reference_data import reference_data

NUMBERS = st.integers(0, 20)
Floats = NDArray[np.float64]
BITS = "fddfc5bc7ff85d03"
"""BLAKE2b-64 of the results of random motion, as computed on one processor."""


def made(number: int) -> Posed:
    return amass_to_posed(*posed_clip(number))


def reference(name: str) -> Floats:
    array: Floats = np.load(reference_data("features", "repr_272", name)).astype(np.float64)
    return array


def poses_of(rows: Floats) -> Floats:
    return rotvec_to_rotmat(rows[:, :66].reshape(len(rows), 22, 3))


def test_272_equal_those_of_the_reference() -> None:
    posed = Posed(reference("joints.npy"), poses_of(reference("face_z.npy")))
    found = make_repr272(posed)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, reference("vectors.npy"), rtol=0, atol=1e-6)


def test_poses_are_turned_to_face_z_as_in_the_reference() -> None:
    with np.load(reference_data("features", "repr_272", "recording.npz")) as recording:
        pose = recording["poses"][::2, :66].reshape(-1, 22, 3)[: len(reference("face_z.npy"))]
    posed = amass_to_posed(np.zeros_like(pose), pose)
    np.testing.assert_allclose(
        posed.rotations, poses_of(reference("face_z.npy")), rtol=0, atol=1e-6
    )


def test_published_features_give_the_joints_and_poses_that_they_were_made_of() -> None:
    back = recover_repr272(reference("vectors.npy"))
    joints = reference("joints.npy")
    joints -= [joints[0, 0, 0], joints[..., 1].min(), joints[0, 0, 2]]
    np.testing.assert_allclose(back.joints, joints, rtol=0, atol=1e-6)
    np.testing.assert_allclose(back.rotations, poses_of(reference("face_z.npy")), rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=15)
@given(NUMBERS)
def test_joints_poses_and_the_path_come_back(number: int) -> None:
    posed = made(number)
    back = recover_repr272(make_repr272(posed))
    origin = [posed.joints[0, 0, 0], posed.joints[..., 1].min(), posed.joints[0, 0, 2]]
    np.testing.assert_allclose(back.joints, posed.joints - origin, rtol=0, atol=5e-6)
    np.testing.assert_allclose(back.root_path, posed.root_path - origin, rtol=0, atol=5e-6)
    np.testing.assert_allclose(back.rotations, posed.rotations, rtol=0, atol=5e-6)
    np.testing.assert_allclose(rotvec_to_rotmat(back.pose), posed.rotations, rtol=0, atol=5e-6)


@settings(deadline=None, max_examples=15)
@given(NUMBERS)
def test_recovered_features_are_the_features(number: int) -> None:
    vectors = make_repr272(made(number))
    again = make_repr272(recover_repr272(vectors))
    np.testing.assert_allclose(again, vectors, rtol=0, atol=5e-6)


@settings(deadline=None, max_examples=15)
@given(NUMBERS, st.floats(-np.pi, np.pi), st.floats(-3, 3), st.floats(-3, 3))
def test_features_do_not_depend_on_place_and_direction(
    number: int, yaw: float, x: float, y: float
) -> None:
    posed = made(number)
    turn = about("y", np.array([yaw]))[0]
    rotations = posed.rotations.copy()
    rotations[:, 0] = multiply(turn, rotations[:, 0])
    moved = Posed(rotate(turn, posed.joints) + np.array([x, y, 0.0]), rotations)
    np.testing.assert_allclose(make_repr272(moved), make_repr272(posed), rtol=0, atol=1e-6)


@pytest.mark.parametrize("number", [0, 7])
def test_a_body_posed_by_the_features_has_their_joints(number: int) -> None:
    body = shaped(recorded_scenes()[number].subject)
    back = posed_to_amass(recover_repr272(make_repr272(made(number))))
    joints = pose_joints(body, back.pose, back.root_path - body.joints[0])
    np.testing.assert_allclose(joints, back.joints, rtol=0, atol=2e-5)


def test_the_first_row_has_no_velocity() -> None:
    first = make_repr272(made(3))[0]
    assert not first[ROOT_VELOCITY].any()
    assert not first[VELOCITIES].any()
    assert first[YAW_VELOCITY].tolist() == [1, 0, 0, 0, 1, 0]


def test_velocities_are_differences_of_the_positions() -> None:
    rows = make_repr272(made(3))
    np.testing.assert_allclose(
        rows[1:, VELOCITIES], np.diff(rows[:, POSITIONS], axis=0), rtol=0, atol=1e-6
    )


def test_facing_z_twice_changes_nothing() -> None:
    posed = made(4)
    assert posed.rotations[0, 0, 0, 2] == pytest.approx(0, abs=1e-12)
    assert posed.rotations[0, 0, 2, 2] > 0
    again = face_z(posed)
    np.testing.assert_allclose(again.joints, posed.joints, rtol=0, atol=1e-12)


def test_a_mirrored_motion_has_mirrored_features() -> None:
    joints, pose = posed_clip(5)
    mirrored = Posed(mirror_joints(joints), pose[:, T2M.mirrored] * [1.0, -1.0, -1.0])
    own, other = make_repr272(made(5)), make_repr272(amass_to_posed(*mirrored))
    np.testing.assert_allclose(other[:, ROOT_VELOCITY], own[:, ROOT_VELOCITY] * [-1, 1], atol=1e-6)
    positions = mirror_joints(own[:, POSITIONS].reshape(-1, 22, 3))
    np.testing.assert_allclose(other[:, POSITIONS].reshape(-1, 22, 3), positions, atol=1e-6)
    rotations = own[:, ROTATIONS].reshape(-1, 22, 2, 3)[:, T2M.mirrored]
    signs = np.array([[1, -1, -1], [-1, 1, 1]])
    np.testing.assert_allclose(
        other[:, ROTATIONS].reshape(-1, 22, 2, 3), rotations * signs, atol=1e-6
    )


def test_a_body_that_lies_along_the_vertical_axis_has_finite_features() -> None:
    posed = made(0)
    rotations = posed.rotations.copy()
    rotations[:, 0] = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    assert np.isfinite(make_repr272(Posed(posed.joints, rotations))).all()


def test_no_frames_are_refused() -> None:
    with pytest.raises(RecordingError, match="at least one frame"):
        make_repr272(Posed(np.zeros((0, 22, 3)), np.zeros((0, 22, 3, 3))))


def test_features_of_another_width_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected numbers shaped \(frames, 272\)"):
        recover_repr272(np.zeros((5, 263)))


def test_features_have_the_same_bits_as_on_another_processor() -> None:
    joints, pose = np.random.default_rng(0).uniform(-1, 1, (2, 50, 22, 3))
    vectors = make_repr272(amass_to_posed(joints, pose))
    assert blake2b(vectors.tobytes(), digest_size=8).hexdigest() == BITS
