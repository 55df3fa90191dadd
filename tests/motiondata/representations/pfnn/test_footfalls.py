"""Footfalls and phases: those of made walks to a frame, those of PFNN's take within tolerances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.representations.pfnn.footfalls import (
    Footfalls,
    cycles_of,
    cycles_of_phase,
    find_footfalls,
    footfalls_to_phase,
)
from motiondata.representations.pfnn.layout import FPS
from motiondata.representations.pfnn.skeleton import LEFT_FOOT, RIGHT_FOOT
from motiondata.sources.pfnn.labels import read_labels
from motiondata.sources.pfnn.takes import read_take
from tests.support.pfnn_takes import made_take
from tests.support.reference_data import reference_data

WALKS = [
    ("walk", "", 0), ("walk", "slow", 0), ("walk", "quick", 0), ("walk", "", 90),
    ("run", "", 0), ("run", "quick", 0),
]  # fmt: skip
SLOW_TOES = [("march", "", 0), ("sneak", "", 0), ("backward", "", 0)]
"""Steps that land on the toes, which stop slowly."""


@pytest.mark.parametrize("subject", [0, 1])
@pytest.mark.parametrize(
    ("kind", "pace", "turn_deg", "frames"),
    [*((*walk, 1.0) for walk in WALKS), *((*steps, 1.3) for steps in SLOW_TOES)],
)
def test_footfalls_of_made_walks_are_found_to_a_frame(
    kind: str, pace: str, turn_deg: int, frames: float, subject: int
) -> None:
    made = made_take(kind, pace, turn_deg=turn_deg, subject=subject)
    found = find_footfalls(made.take.joints, LEFT_FOOT, RIGHT_FOOT, FPS)
    for is_left, side in ((True, "left"), (False, "right")):
        landed = found.frames[found.is_left == is_left]
        assert landed == pytest.approx(FPS * np.array(made.lands[side]), abs=frames)


@pytest.mark.parametrize(("kind", "pace", "turn_deg"), WALKS)
def test_phases_of_made_walks_are_those_of_their_footfalls_to_a_frame(
    kind: str, pace: str, turn_deg: int
) -> None:
    made = made_take(kind, pace, turn_deg=turn_deg)
    lands = sorted((time, side) for side, times in made.lands.items() for time in times)
    times = FPS * np.array([time for time, _ in lands])
    known = np.arange(len(lands)) / 2 + (lands[0][1] == "left") / 2
    inside = np.arange(int(times[0]) + 2, int(times[-1]) - 1)
    exact = np.interp(inside, times, known)
    error = (made.take.phase[inside] - exact + 0.5) % 1.0 - 0.5
    pace_of = np.interp(inside, (times[:-1] + times[1:]) / 2, 0.5 / np.diff(times))
    assert np.abs(error / pace_of).max() < 1.5
    assert np.abs(error / pace_of).mean() < 0.6


def test_footsteps_of_a_real_take_are_found() -> None:
    bvh = reference_data("sources", "pfnn", "LocomotionFlat04_000.bvh")
    take = read_take(bvh)
    steps = read_labels(bvh, 2428)["footsteps"] / 2
    found = find_footfalls(take.joints, LEFT_FOOT, RIGHT_FOOT, FPS)
    errors = []
    for column, is_left in ((0, False), (1, True)):
        known = steps[np.isfinite(steps[:, column]), column]
        frames = found.frames[found.is_left == is_left]
        errors += [float(np.abs(frames - step).min()) for step in known]
    assert len(errors) == 43
    assert np.median(errors) <= 3
    assert np.mean(np.array(errors) <= 8) > 0.9


def test_published_phases_are_those_of_published_footsteps() -> None:
    labels = read_labels(reference_data("sources", "pfnn", "LocomotionFlat04_000.bvh"), 2428)
    every = labels["footsteps"].ravel()
    known = np.isfinite(every)
    steps = Footfalls(every[known].astype(int), (np.arange(len(every)) % 2 == 1)[known])
    phase = footfalls_to_phase(steps, 2428)
    inside = slice(steps.frames[0], steps.frames[-1])
    np.testing.assert_allclose(phase[inside], labels["phase"][inside], atol=1e-5)


def test_published_phases_are_met() -> None:
    take = read_take(reference_data("sources", "pfnn", "LocomotionFlat04_000.bvh"))
    found = find_footfalls(take.joints, LEFT_FOOT, RIGHT_FOOT, FPS)
    phase = footfalls_to_phase(found, take.frames)
    inside = slice(take.cycles[0][0], take.cycles[-5][1])
    error = np.abs((phase[inside] - take.phase[inside] + 0.5) % 1.0 - 0.5)
    assert np.median(error) < 0.06
    assert np.mean(error < 0.15) > 0.9


@given(st.lists(st.tuples(st.integers(8, 60), st.booleans()), min_size=2, max_size=12))
def test_the_phase_is_0_and_a_half_at_footfalls_and_never_falls_between(
    steps: list[tuple[int, bool]],
) -> None:
    frames = np.cumsum([gap for gap, _ in steps])
    footfalls = Footfalls(frames, np.array([is_left for _, is_left in steps]))
    phase = footfalls_to_phase(footfalls, int(frames[-1]) + 5)
    np.testing.assert_allclose(phase[frames] % 1.0, footfalls.is_left / 2, atol=1e-9)
    advance = np.diff(phase[frames[0] : frames[-1] + 1]) % 1.0
    assert (advance > 0).all()
    assert phase[: frames[0]].max(initial=0) == 0
    assert phase[frames[-1] + 1 :].max(initial=0) == 0


def test_cycles_are_from_one_right_footfall_to_the_next() -> None:
    footfalls = Footfalls(
        np.array([5, 30, 60, 90, 130]), np.array([True, False, True, False, False])
    )
    assert cycles_of(footfalls) == ((30, 90), (90, 130))


def test_cycles_of_a_given_phase_begin_where_it_leaves_0() -> None:
    rising = np.arange(20) / 20
    phase = np.concatenate([np.zeros(10), rising, rising, np.zeros(10), rising, [0.0, 0.0]])
    assert cycles_of_phase(phase) == ((10, 30), (30, 50), (60, 80))


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 4, 40])
def test_a_person_who_stands_has_no_footfalls(frames: int) -> None:
    joints = np.zeros((frames, 31, 3))
    found = find_footfalls(joints, LEFT_FOOT, RIGHT_FOOT, FPS)
    assert len(found.frames) == 0
    assert footfalls_to_phase(found, frames).tolist() == [0.0] * frames
