"""Mirroring is tested by the joints that result, on a symmetric skeleton."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from motiondata.clip import Clip
from motiondata.mirroring import mirror_clip
from motiondata.skeletons import JOINT, JOINTS, LEFT_JOINTS, RIGHT_JOINTS
from tests.support.skeleton import posed_joints, recording_of, standing_pose


def clip_of(pose: np.ndarray, trans: np.ndarray) -> Clip:
    return Clip("012314", "KIT", pose, trans, 20.0, 0, len(trans) - 1, recording_of(pose, trans))


def random_clip(seed: int) -> Clip:
    random = np.random.default_rng(seed)
    return clip_of(random.uniform(-3, 3, (5, JOINTS, 3)), random.uniform(-9, 9, (5, 3)))


@given(st.integers(0, 2**32))
def test_mirroring_twice_gives_the_motion_back(seed: int) -> None:
    clip = random_clip(seed)
    twice = mirror_clip(mirror_clip(clip))
    assert_array_equal(twice.pose, clip.pose)
    assert_array_equal(twice.trans, clip.trans)


@given(st.integers(0, 2**32))
def test_mirrored_joints_are_the_reflected_ones_with_sides_swapped(seed: int) -> None:
    clip = random_clip(seed)
    mirrored = mirror_clip(clip)
    reflected = posed_joints(clip.pose, clip.trans) * (-1.0, 1.0, 1.0)
    sides = [*LEFT_JOINTS, *RIGHT_JOINTS]
    other_sides = [*RIGHT_JOINTS, *LEFT_JOINTS]
    reflected[:, sides] = reflected[:, other_sides]
    assert_allclose(posed_joints(mirrored.pose, mirrored.trans), reflected, atol=1e-12)


def test_a_raised_left_arm_becomes_a_raised_right_arm() -> None:
    pose, trans = standing_pose(1)
    pose[0, JOINT["left_shoulder"]] = (0.0, 0.0, np.pi / 2)
    mirrored = mirror_clip(clip_of(pose, trans))
    height = posed_joints(mirrored.pose, mirrored.trans)[0, :, 2]
    assert height[JOINT["right_wrist"]] > height[JOINT["head"]] + 0.2
    assert height[JOINT["left_wrist"]] < height[JOINT["head"]]


def test_a_mirrored_clip_has_a_name_of_its_own_and_keeps_its_origin() -> None:
    clip = random_clip(0)
    mirrored = mirror_clip(clip)
    assert mirrored.name == "M012314"
    assert mirrored.recording is clip.recording
    assert (mirrored.fps, mirrored.first_frame, mirrored.last_frame) == (20.0, 0, 4)
