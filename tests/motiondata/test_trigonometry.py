"""Sine and cosine: as accurate as the C library's, and the same bits everywhere."""

from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.jit import kernel
from motiondata.trigonometry import sine, sines_and_cosines

FEW_LAST_BITS = 3e-16
BITS = "7a925018db6cc700"
"""BLAKE2b-64 of the sines and cosines below, as computed on one processor."""


@kernel
def sines_of(angles: NDArray[np.float64], sines: NDArray[np.float64]) -> None:
    for place in range(len(angles)):
        sines[place] = sine(angles[place])


def compiled_sines(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    sines = np.empty(len(angles))
    sines_of(angles, sines)
    return sines


@given(st.floats(-1e6, 1e6))
def test_sine_and_cosine_are_those_of_the_c_library_but_for_the_last_bits(angle: float) -> None:
    angles = np.array([angle])
    sines, cosines = sines_and_cosines(angles)
    assert sines == pytest.approx(np.sin(angles), rel=FEW_LAST_BITS, abs=FEW_LAST_BITS)
    assert cosines == pytest.approx(np.cos(angles), rel=FEW_LAST_BITS, abs=FEW_LAST_BITS)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.floats(-1e5, 1e5), min_size=1))
def test_kernels_and_arrays_have_the_same_sines(angles: list[float]) -> None:
    array = np.array(angles)
    np.testing.assert_array_equal(compiled_sines(array), sines_and_cosines(array)[0])


def test_no_turn_and_quarters_of_a_turn_are_as_exact_as_their_angles() -> None:
    sines, cosines = sines_and_cosines(np.arange(5) * np.pi / 2)
    assert (sines[0], cosines[0]) == (0.0, 1.0)
    np.testing.assert_array_equal(sines, [0.0, 1.0, np.sin(np.pi), -1.0, np.sin(2 * np.pi)])


def test_their_bits_do_not_depend_on_the_processor() -> None:
    angles = np.random.default_rng(0).uniform(-50, 50, 100_000)
    bits = np.stack([*sines_and_cosines(angles), compiled_sines(angles)]).tobytes()
    assert blake2b(bits, digest_size=8).hexdigest() == BITS
