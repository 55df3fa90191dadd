"""Resampling by time: laws of rotations, of translations and of the bounds of a part."""

from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from motiondata.errors import InputError
from motiondata.resampling import (
    FILTER_RATIO,
    Resampling,
    Span,
    resample_points,
    resample_rotations,
    resampling,
)

Floats = NDArray[np.float64]
BITS = "9133a7465bddab9d"
"""BLAKE2b-64 of the results of random motion, as computed on one processor."""
RATES = st.sampled_from([10.0, 12.5, 20.0, 29.97, 30.0, 50.0, 60.0, 100.0, 120.0, 250.0])
WHOLE = Span(0.0, 2.0)


def plan_of(source_fps: float, fps: float, seconds: float = 2.0) -> Resampling:
    frames = round(seconds * source_fps) + 1
    return resampling(Span(0.0, seconds), source_fps, frames, fps)


def times(plan: Resampling, source_fps: float) -> Floats:
    return plan.places / source_fps


def random_motion(frames: int, seed: int) -> Floats:
    """Return rotation vectors that change by a small angle from frame to frame."""
    steps = np.random.default_rng(seed).normal(0, 0.05, (frames, 4, 3))
    motion: Floats = np.cumsum(steps, axis=0)
    return motion


def angles_between(first: Floats, second: Floats) -> Floats:
    one, two = (Rotation.from_rotvec(r.reshape(-1, 3)) for r in (first, second))
    return np.atleast_1d((one.inv() * two).magnitude())


@given(RATES, st.integers(0, 100))
def test_the_same_rate_is_the_identity(fps: float, seed: int) -> None:
    motion = random_motion(50, seed)
    plan = resampling(Span(0.0, 50 / fps), fps, 50, fps)
    assert (resample_rotations(motion, plan) == motion).all()
    assert (resample_points(motion, plan) == motion).all()
    assert (resample_points(motion, plan, "cubic") == motion).all()


@settings(deadline=None)
@given(RATES, RATES, st.tuples(*[st.floats(-2, 2)] * 3))
def test_a_constant_turn_stays_constant(
    source_fps: float, fps: float, speed: tuple[float, float, float]
) -> None:
    plan = plan_of(source_fps, fps)
    seconds = np.arange(round(2 * source_fps) + 1) / source_fps
    turning = seconds[:, None, None] * np.array(speed)
    found = resample_rotations(turning, plan)
    expected = times(plan, source_fps)[:, None, None] * np.array(speed)
    assert angles_between(found, expected).max() < 1e-7


@given(RATES, RATES, st.sampled_from(["linear", "cubic"]))
def test_a_constant_speed_stays_constant(source_fps: float, fps: float, method: str) -> None:
    plan = plan_of(source_fps, fps)
    velocity = np.array([1.0, -2.0, 0.5])
    path = np.arange(round(2 * source_fps) + 1)[:, None] / source_fps * velocity
    found = resample_points(path, plan, method)
    np.testing.assert_allclose(found, times(plan, source_fps)[:, None] * velocity, atol=1e-9)


@settings(deadline=None)
@given(st.integers(0, 100), st.sampled_from([40.0, 60.0, 75.0, 240.0]))
def test_rotations_are_those_of_scipys_slerp(seed: int, fps: float) -> None:
    motion = random_motion(60, seed)[:, 0]
    plan = resampling(Span(0.0, 0.9), 60.0, 60, fps)
    expected = Slerp(np.arange(60), Rotation.from_rotvec(motion))(plan.places).as_rotvec()
    assert angles_between(resample_rotations(motion, plan), expected).max() < 1e-7


def test_rotations_of_more_than_half_a_turn_take_the_short_way() -> None:
    turning = np.array([[0.0, 0.0, np.pi - 0.1], [0.0, 0.0, np.pi + 0.1]])[:, None]
    plan = Resampling(np.array([0.0, 0.5]), 0.5)
    assert np.abs(resample_rotations(turning, plan)[1, 0, 2]) == pytest.approx(np.pi)


def test_cubic_curves_follow_a_parabola_that_lines_cut() -> None:
    falling = np.zeros((21, 3))
    falling[:, 2] = -0.5 * 9.81 * (np.arange(21) / 20) ** 2
    plan = resampling(Span(0.1, 0.9), 20.0, 21, 60.0)
    exact = -0.5 * 9.81 * (plan.places / 20) ** 2
    errors = {
        method: np.abs(resample_points(falling, plan, method)[:, 2] - exact).max()
        for method in ("linear", "cubic")
    }
    assert errors["cubic"] < 1e-9 < 0.002 < errors["linear"]


def test_a_shake_above_half_the_target_rate_is_removed_where_the_rate_falls_a_lot() -> None:
    seconds = np.arange(601) / 120
    shaking = np.zeros((601, 3))
    shaking[:, 0] = 0.01 * np.sin(2 * np.pi * 19.0 * seconds)  # at 20 Hz it would look like 1 Hz
    filtered = resampling(Span(1.0, 4.0), 120.0, 601, 20.0)
    assert filtered.is_filtered
    assert np.abs(resample_points(shaking, filtered)).max() < 0.0015
    assert np.abs(shaking[::6]).max() > 0.009


def test_movements_of_a_person_pass_the_filter() -> None:
    seconds = np.arange(601) / 120
    swinging = np.zeros((601, 3))
    swinging[:, 0] = 0.3 * np.sin(2 * np.pi * 1.0 * seconds)
    plan = resampling(Span(1.0, 4.0), 120.0, 601, 20.0)
    error = np.abs(resample_points(swinging, plan)[:, 0] - swinging[plan.places.astype(int), 0])
    assert error.max() < 0.01 * 0.3


def test_the_filter_begins_above_three_frames_an_interval() -> None:
    assert not Resampling(np.zeros(1), FILTER_RATIO).is_filtered
    assert Resampling(np.zeros(1), 4.0).is_filtered


@given(RATES, RATES, st.floats(0, 5), st.floats(0.1, 5))
def test_the_duration_is_kept_within_half_a_frame(
    source_fps: float, fps: float, start: float, seconds: float
) -> None:
    span = Span(start, start + seconds)
    plan = resampling(span, source_fps, int(20 * source_fps), fps)
    assert plan.places[0] == pytest.approx(start * source_fps, abs=1e-5)
    end = (plan.places[-1] / source_fps) + 1 / fps
    assert abs(end - span.end) <= 0.5 / fps + 1e-6 or len(plan.places) == 1


def test_places_stay_in_a_recording_that_ends_early() -> None:
    plan = resampling(Span(0.0, 10.0), 60.0, 100, 120.0)
    assert plan.places[-1] <= 99


def test_a_part_after_the_end_of_the_recording_is_refused() -> None:
    with pytest.raises(InputError, match="the part begins at 9 s; expected a time in the record"):
        resampling(Span(9.0, 10.0), 60.0, 100, 20.0)


@pytest.mark.parametrize("fps", [0.0, -20.0, float("nan")])
def test_a_rate_that_is_not_positive_is_refused(fps: float) -> None:
    with pytest.raises(InputError, match="expected a positive number"):
        resampling(WHOLE, 60.0, 100, fps)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="'spline'; expected one of linear, cubic"):
        resample_points(np.zeros((5, 3)), Resampling(np.zeros(1), 1.0), "spline")


def test_motion_has_the_same_bits_as_on_another_processor() -> None:
    pose, points = np.random.default_rng(0).uniform(-1, 1, (2, 50, 22, 3))
    found = [
        resample(values, plan)
        for plan in (resampling(Span(0.0, 1.5), 33.0, 50, fps) for fps in (20.0, 10.0))
        for resample, values in ((resample_rotations, pose), (resample_points, points))
    ]
    joined = np.concatenate(found)
    assert blake2b(joined.tobytes(), digest_size=8).hexdigest() == BITS
