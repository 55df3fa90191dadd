"""Arc tangent and arc sine: as accurate as the C library's, and the same bits everywhere."""

from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.inverse_trigonometry import arc_sines, arc_tangents

FEW_LAST_BITS = 1e-15
BITS = "823fadb9bccf0a6e"
"""BLAKE2b-64 of the angles below, as computed on one processor."""


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_an_arc_tangent_is_that_of_the_c_library_but_for_the_last_bits(y: float, x: float) -> None:
    angle = arc_tangents(np.array([y]), np.array([x]))
    assert angle == pytest.approx(np.arctan2([y + 0.0], [x + 0.0]), abs=4 * FEW_LAST_BITS)


@given(st.floats(-1, 1))
def test_an_arc_sine_is_that_of_the_c_library_but_for_the_last_bits(sine: float) -> None:
    assert arc_sines(np.array([sine])) == pytest.approx(np.arcsin([sine]), abs=FEW_LAST_BITS)


def test_the_angle_of_no_direction_is_zero() -> None:
    assert arc_tangents(np.zeros(1), np.zeros(1)) == [0.0]


def test_a_sine_above_one_counts_as_one() -> None:
    assert arc_sines(np.array([1 + 1e-9])) == [np.pi / 2]


def test_angles_have_the_same_bits_as_on_another_processor() -> None:
    y, x = np.random.default_rng(0).normal(size=(2, 1000))
    angles = arc_tangents(y, x), arc_sines(np.clip(y, -1, 1))
    assert blake2b(np.concatenate(angles).tobytes(), digest_size=8).hexdigest() == BITS
