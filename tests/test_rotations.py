"""Laws of the conversions between rotations, with SciPy as their referee."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from motiondata.rotations import rotvec_to_rotmat

components = st.floats(-10, 10) | st.floats(-1e-6, 1e-6) | st.just(0.0)


@given(arrays(np.float64, (5, 3), elements=components))
def test_rotvec_to_rotmat_agrees_with_scipy(rotvecs: np.ndarray) -> None:
    expected = Rotation.from_rotvec(rotvecs).as_matrix()
    np.testing.assert_allclose(rotvec_to_rotmat(rotvecs), expected, rtol=0, atol=1e-14)


@given(arrays(np.float64, 3, elements=st.floats(-1e-9, 1e-9)))
def test_a_tiny_rotation_is_the_identity_and_the_cross_product(rotvec: np.ndarray) -> None:
    x, y, z = rotvec
    cross_product = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turned = rotvec_to_rotmat(rotvec) - np.eye(3)
    np.testing.assert_allclose(turned, cross_product, rtol=1e-15, atol=1e-17)


def test_no_rotation_is_exactly_the_identity() -> None:
    assert np.array_equal(rotvec_to_rotmat(np.zeros((4, 2, 3))), np.tile(np.eye(3), (4, 2, 1, 1)))


def test_a_rotation_has_the_same_bits_alone_and_among_others() -> None:
    rotvecs = np.random.default_rng(0).normal(size=(500, 3)) * 3
    alone = np.concatenate([rotvec_to_rotmat(rotvec[None]) for rotvec in rotvecs])
    assert np.array_equal(rotvec_to_rotmat(rotvecs), alone)
