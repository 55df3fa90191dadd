"""Poses are picked as the plain loop picks them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.pose_pairs.farthest_poses import pick_farthest
from motiondata.pose_pairs.pose_tree import LEAF, WIDTH
from motiondata.skeletons import JOINTS

Single = np.float32


def plain_loop(joints: NDArray[np.float32], count: int) -> list[int]:
    """Pick with the distances of all poses to the last pick, in the same order of sums."""
    nearest, picks = np.full(len(joints), np.inf, Single), [0]
    while True:
        x, y, z = np.moveaxis(joints - joints[picks[-1]], -1, 0)
        lengths = np.sqrt(x * x + y * y + z * z)
        total = np.zeros(len(joints), Single)
        for joint in range(JOINTS):
            total += lengths[:, joint]
        nearest = np.minimum(nearest, total)
        if len(picks) == count or nearest.max() <= 0:
            return picks
        picks.append(int(nearest.argmax()))


def moving(frames: int, seed: int) -> NDArray[np.float32]:
    steps = np.random.default_rng(seed).normal(0, 0.03, (frames, JOINTS, 3))
    return np.cumsum(steps, axis=0).astype(Single)


def on_a_grid(frames: int, seed: int) -> NDArray[np.float32]:
    """Return poses of which many are equally far from others, and some are equal."""
    corners = np.random.default_rng(seed).integers(0, 3, (frames, 1, 3))
    return np.repeat(corners, JOINTS, axis=1).astype(Single)


@pytest.mark.parametrize("make", [moving, on_a_grid])
@pytest.mark.parametrize(
    ("frames", "count"), [(1, 1), (2, 5), (33, 33), (700, 40), (700, 700), (2049, 50), (5000, 300)]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_picks_are_those_of_the_plain_loop(
    make: type[object], frames: int, count: int, seed: int
) -> None:
    joints = make(frames, seed)  # type: ignore[call-arg]
    assert pick_farthest(joints, count).numbers.tolist() == plain_loop(joints, count)  # type: ignore[arg-type]


def test_groups_of_groups_of_balls_give_the_picks_of_the_plain_loop() -> None:
    joints = moving(LEAF * WIDTH**2 + 33, 5)
    assert pick_farthest(joints, 12).numbers.tolist() == plain_loop(joints, 12)


@pytest.mark.parametrize("scale", [1e18, 1e19, 1e25, 1e36])
@pytest.mark.filterwarnings("ignore:overflow")
def test_poses_whose_distances_are_infinite_are_picked_once(scale: float) -> None:
    joints = np.random.default_rng(6).normal(0, scale, (100, JOINTS, 3)).astype(Single)
    assert pick_farthest(joints, 60).numbers.tolist() == plain_loop(joints, 60)


@settings(max_examples=60, deadline=None)
@given(
    frames=st.integers(1, 2200),
    count=st.integers(1, 120),
    corners=st.integers(1, 5),
    noise=st.sampled_from([0.0, 1e-7, 1e-3, 0.1]),
    scale=st.sampled_from([1e-21, 1e-3, 1.0, 1e4]),
    seed=st.integers(0, 1000),
)
def test_picks_of_dense_and_equal_poses_are_those_of_the_plain_loop(
    frames: int, count: int, corners: int, noise: float, scale: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    moved = random.random((1, JOINTS, 1)) < 0.2
    places = random.integers(0, corners, (frames, JOINTS, 3)) * moved
    joints = Single(scale) * (places + random.normal(0, noise, places.shape)).astype(Single)
    assert pick_farthest(joints, count).numbers.tolist() == plain_loop(joints, min(count, frames))


def test_poses_that_are_not_finite_are_not_picked() -> None:
    joints = moving(300, 3)
    joints[50, 3, 1], joints[200:210] = np.nan, np.inf
    left = np.delete(np.arange(300), [50, *range(200, 210)])
    expected = left[plain_loop(joints[left], 289)]
    assert pick_farthest(joints, 400).numbers.tolist() == expected.tolist()
    assert pick_farthest(joints, 5, first=50).numbers.tolist() == [50]


def test_the_first_pose_may_be_any() -> None:
    joints = moving(200, 4)
    order = np.array([77, *range(77), *range(78, 200)])
    assert pick_farthest(joints, 9, first=77).numbers.tolist() == [
        order[each] for each in plain_loop(joints[order], 9)
    ]


def test_picks_are_a_beginning_of_more_picks_and_come_nearer() -> None:
    joints = moving(500, 2)
    few, many = pick_farthest(joints, 50), pick_farthest(joints, 300)
    assert few.numbers.tolist() == many.numbers[:50].tolist()
    assert (np.diff(many.distances[1:]) <= 0).all()


def test_equal_poses_are_picked_once() -> None:
    joints = np.concatenate([moving(30, 0), moving(30, 0)])
    assert sorted(pick_farthest(joints, 60).numbers.tolist()) == list(range(30))


def test_the_distance_of_a_pick_is_the_mean_distance_of_joints() -> None:
    joints = np.zeros((2, JOINTS, 3))
    joints[1, :11, 0] = 0.5
    assert pick_farthest(joints, 2).distances.tolist() == [0, 0.25]


def test_no_poses_give_no_picks() -> None:
    assert pick_farthest(np.zeros((0, JOINTS, 3)), 5).numbers.tolist() == []


def test_all_picks_are_counted_as_progress() -> None:
    from collections.abc import Iterator
    from contextlib import contextmanager

    from motiondata.watching import Advance

    steps: list[int] = []

    @contextmanager
    def watch(count: int) -> Iterator[Advance]:
        assert count == 600
        yield steps.append

    pick_farthest(moving(600, 0), 600, watch)
    assert sum(steps) == 599
