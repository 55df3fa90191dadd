"""Registration undoes a turn about the vertical axis and a shift, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.viewing.registration import (
    APART_METERS,
    Move,
    find_clip_move,
    find_move,
    moved_clip,
)
from pipelines.viewing.viewed_clip import read_viewed_clip
from shards.format.dataset import Dataset

METERS = st.floats(-20, 20)


@given(st.floats(-3.1, 3.1), METERS, METERS, METERS, st.integers(0, 2**32 - 1))
def test_a_move_is_undone(radians: float, x: float, y: float, z: float, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(30, 3))
    moved = Move(radians, np.array([x, y, z])).of(points)
    back = find_move(moved, points).of(moved)
    assert np.linalg.norm(back - points, axis=1).mean() < APART_METERS
    if np.linalg.norm(moved - points, axis=1).mean() >= APART_METERS:
        np.testing.assert_allclose(back, points, atol=1e-9)


@pytest.mark.parametrize("points", [np.zeros((0, 3)), np.ones((4, 3))])
def test_nothing_moves_without_a_difference(points: np.ndarray) -> None:
    assert find_move(points, points + 0.01).is_nothing


def test_a_moved_clip_keeps_its_scan_and_its_skeleton_together(built: Dataset) -> None:
    clip = read_viewed_clip(built, "000003")
    assert clip.scan is not None
    moved = moved_clip(clip, Move(1.0, np.array([3.0, -2.0, 0.5])))
    back = moved_clip(moved, find_clip_move(moved, clip))
    assert back.scan is not None
    assert back.skeleton is not None
    assert clip.skeleton is not None
    np.testing.assert_allclose(back.skeleton.joints, clip.skeleton.joints, atol=1e-9)
    np.testing.assert_allclose(back.scan.points, clip.scan.points, atol=1e-9)
    np.testing.assert_allclose(back.scan.T_world_sensor, clip.scan.T_world_sensor, atol=1e-9)


def test_clips_of_other_frame_rates_are_compared_at_the_same_times(built: Dataset) -> None:
    clip = read_viewed_clip(built, "000003")
    assert clip.skeleton is not None
    joints = clip.skeleton.joints.repeat(2, axis=0)
    twice = replace(
        clip, fps=2 * clip.fps, frames=len(joints), skeleton=replace(clip.skeleton, joints=joints)
    )
    assert find_clip_move(twice, clip).is_nothing
    assert find_clip_move(clip, twice).is_nothing
