"""Rotations: SciPy's conversions are the reference, and the compiled kernel has the same bits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.bodies.forward_kinematics import forward_kinematics
from motiondata.rotations import (
    quaternion_to_rotvec,
    rotmat_to_log,
    rotmat_to_rotvec,
    rotmat_to_sixd_rows,
    rotvec_to_rotmat,
    turned_about,
)
from motiondata.skeletons import JOINTS

axes = st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(lambda axis: np.add(axis, (0.0, 0.0, 2.0)))
angles = st.sampled_from([0.0, 1e-9, 0.3, 2.0, np.pi - 1e-7])


def rotvecs(axis: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    vector: NDArray[np.float64] = angle * axis / np.linalg.norm(axis)
    return vector


def poses(frames: int) -> NDArray[np.float64]:
    """Return random poses; the first joint after the root does not turn."""
    pose = np.random.default_rng(0).normal(scale=2.0, size=(frames, JOINTS, 3))
    pose[:, 1] = 0.0
    return pose


@given(axes, angles)
def test_axis_angles_are_scipys(axis: NDArray[np.float64], angle: float) -> None:
    vector = rotvecs(axis, angle)
    matrix = Rotation.from_rotvec(vector).as_matrix()
    np.testing.assert_allclose(rotmat_to_rotvec(matrix), vector, atol=2e-8)


@given(axes, st.floats(-20.0, 20.0))
def test_matrices_of_axis_angles_are_scipys(axis: NDArray[np.float64], angle: float) -> None:
    vector = rotvecs(axis, angle)
    expected = Rotation.from_rotvec(vector).as_matrix()
    np.testing.assert_allclose(rotvec_to_rotmat(vector), expected, rtol=0, atol=2e-14)


def test_matrices_keep_the_leading_axes() -> None:
    pose = poses(3)
    matrices = rotvec_to_rotmat(pose)
    assert matrices.shape == (3, JOINTS, 3, 3)
    np.testing.assert_array_equal(matrices[1, 2], rotvec_to_rotmat(pose[1, 2]))


def test_axis_angles_up_to_pi_come_back_from_their_matrices() -> None:
    pose = poses(20)
    pose *= 3.1 / np.maximum(3.1, np.linalg.norm(pose, axis=-1, keepdims=True))
    np.testing.assert_allclose(rotmat_to_rotvec(rotvec_to_rotmat(pose)), pose, rtol=0, atol=1e-13)


def test_axis_angles_of_quaternions_are_scipys_whatever_their_length_and_sign() -> None:
    quaternions = np.random.default_rng(4).normal(size=(50, 4))
    expected = Rotation.from_quat(np.roll(quaternions, -1, axis=-1)).as_rotvec()
    np.testing.assert_allclose(quaternion_to_rotvec(quaternions), expected, atol=1e-12)
    np.testing.assert_allclose(quaternion_to_rotvec(-3 * quaternions), expected, atol=1e-12)


def test_posing_computes_the_same_bits() -> None:
    pose = poses(20)
    joints = np.random.default_rng(1).normal(size=(JOINTS, 3))
    chain = forward_kinematics(joints, pose, np.zeros((20, 3)), np.eye(4))
    expected = (rotvec_to_rotmat(pose[:, 1:]) - np.eye(3)).astype(np.float32)
    np.testing.assert_array_equal(chain.features.reshape(expected.shape), expected)


def test_a_vector_is_turned_about_an_axis_as_by_the_matrix() -> None:
    axis, vector = np.array([0.6, 0.0, 0.8]), np.array([0.1, -0.4, 2.0])
    bends = np.linspace(-4.0, 4.0, 9)
    expected = rotvec_to_rotmat(bends[:, None] * axis) @ vector
    np.testing.assert_allclose(turned_about(axis, bends, vector), expected, rtol=0, atol=1e-14)


def test_six_numbers_are_two_whole_rows() -> None:
    matrix = np.arange(9.0).reshape(1, 3, 3)
    assert rotmat_to_sixd_rows(matrix).tolist() == [[0, 1, 2, 3, 4, 5]]


@given(axes, angles)
def test_logarithms_are_halves_of_axis_angles(axis: NDArray[np.float64], angle: float) -> None:
    matrix = rotvec_to_rotmat(rotvecs(axis, angle))
    np.testing.assert_allclose(rotmat_to_log(matrix), rotmat_to_rotvec(matrix) / 2, atol=1e-12)
