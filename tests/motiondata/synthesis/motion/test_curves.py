"""Curves: their laws, and SciPy's slower ones as the reference."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.interpolate import BPoly

from motiondata.synthesis.motion.curves import PASSES, smooth, smooth_line, sum_curves

Floats = NDArray[np.float64]

TIMES = np.arange(0.0, 6.0, 0.01)


@st.composite
def curves(draw: st.DrawFn) -> Floats:
    """Draw keys: time, value, speed and acceleration, times well apart."""
    gaps = draw(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=6))
    values = st.tuples(*[st.floats(-5.0, 5.0)] * 3)
    return np.array([(time, *draw(values)) for time in np.cumsum(gaps)])


def reference_curve(keys: Floats, times: Floats) -> Floats:
    """Evaluate one curve through SciPy's Bernstein polynomials, a frame at a time."""
    if len(keys) == 1:
        return np.full(len(times), keys[0, 1])
    curve = BPoly.from_derivatives(keys[:, 0], keys[:, 1:])
    inside = [float(curve(time)) for time in np.clip(times, keys[0, 0], keys[-1, 0])]
    return np.array(inside)


@given(curves())
def test_a_curve_is_the_referees(keys: Floats) -> None:
    times = TIMES[::7]
    (made,) = sum_curves([(0, keys)], 1, times)
    np.testing.assert_allclose(made, reference_curve(keys, times), atol=1e-9)


@given(st.lists(st.tuples(st.integers(0, 2), curves()), min_size=1, max_size=5))
def test_curves_of_a_row_add_up_and_leave_the_others_alone(
    made: list[tuple[int, Floats]],
) -> None:
    together = sum_curves(made, 3, TIMES)
    for row in range(3):
        alone = [sum_curves([(0, keys)], 1, TIMES)[0] for number, keys in made if number == row]
        np.testing.assert_allclose(together[row], sum(alone, np.zeros(len(TIMES))), atol=1e-9)


def test_a_curve_holds_its_first_and_last_value() -> None:
    keys = np.array([(2.0, 1.5, 0.0, 0.0), (3.0, -4.0, 0.0, 0.0)])
    (made,) = sum_curves([(0, keys)], 1, TIMES)
    assert set(made[TIMES < 2.0]) == {1.5}
    np.testing.assert_allclose(made[TIMES >= 3.0], -4.0, atol=1e-12)


def test_a_curve_between_keys_at_rest_has_a_continuous_acceleration() -> None:
    times = np.arange(0.0, 4.0, 1e-4)
    keys = np.array([(1.0, 0.0, 0.0, 0.0), (2.0, 1.0, 0.0, 0.0), (3.0, 0.5, 0.0, 0.0)])
    (made,) = sum_curves([(0, keys)], 1, times)
    acceleration = np.diff(made, 2) / 1e-8
    assert np.abs(np.diff(acceleration)).max() < 0.02


def test_a_smoothed_line_is_the_line_where_that_is_straight() -> None:
    knots = np.array([(0.0, 1.0, 0.0), (6.0, 4.0, -12.0)])
    made = smooth_line(TIMES, knots, 0.4)
    straight = np.stack([1.0 + TIMES / 2, -2.0 * TIMES], axis=1)
    np.testing.assert_allclose(made[40:-40], straight[40:-40], atol=1e-9)


@given(st.lists(st.floats(-3.0, 3.0), min_size=2, max_size=12), st.floats(0.05, 1.0))
def test_a_smoothed_line_keeps_within_its_knots(values: list[float], width: float) -> None:
    knots = np.column_stack([np.linspace(0.0, 6.0, len(values)), values])
    made = smooth_line(TIMES, knots, width)
    assert made.min() >= min(values) - 1e-9
    assert made.max() <= max(values) + 1e-9


@given(st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=30), st.integers(1, 4))
def test_smoothing_is_the_mean_of_means_of_neighbours(values: list[float], half: int) -> None:
    expected = np.array(values)
    for _ in range(PASSES):
        held = np.pad(expected, half, mode="edge")
        expected = np.array([held[k : k + 2 * half + 1].mean() for k in range(len(expected))])
    np.testing.assert_allclose(smooth(np.array(values), half), expected, atol=1e-9)
