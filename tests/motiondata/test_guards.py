"""Guards: what must be refused, what must be flagged, and what must pass."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.clip import Clip
from motiondata.errors import DropReason, RecordingError
from motiondata.guards import (
    MAX_BETA,
    MAX_TRANS_METERS,
    MAX_TURN_RADIANS,
    check_plausible,
    check_pose_is_rotations,
    check_up_axis,
    plausible_frames,
    posture_flags,
)
from motiondata.skeletons import JOINT
from motiondata.sources.amass.reader import read_smplh
from tests.support.reference_data import reference_data
from tests.support.skeleton import (
    STANDING_HEIGHT,
    moving_pose,
    posed_joints,
    recording_of,
    standing_pose,
)

Array = NDArray[np.float64]


def z_to_y_up(joints: Array) -> Array:
    return joints[..., [1, 2, 0]]


def refused_up_axis(joints: Array) -> bool:
    return refused(DropReason.Y_UP, check_up_axis, recording_of(*standing_pose(1)), joints)


def refused_as_positions(pose: Array) -> bool:
    recording = recording_of(pose, np.zeros((len(pose), 3)))
    return refused(DropReason.POSITIONS, check_pose_is_rotations, recording)


def refused(reason: DropReason, check: Callable[..., None], *arguments: object) -> bool:
    try:
        check(*arguments)
    except RecordingError as error:
        return error.reason is reason
    return False


def lying_joints(seed: int, along: float) -> Array:
    """Return joints of somebody who lies on the back and moves, turned about z by `along`."""
    pose, trans = moving_pose(60, seed)
    pose[:, 1:] *= 0.3
    pose[:, 0] = Rotation.from_euler("z", along).as_rotvec()
    joints = posed_joints(pose, trans)
    joints[..., 2] -= joints[..., 2].min(axis=1, keepdims=True) - 0.05
    return joints


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), unit=st.sampled_from([1.0, 100.0, 39.37]))
def test_positions_are_refused_as_rotations_in_any_unit(seed: int, unit: float) -> None:
    assert refused_as_positions(unit * posed_joints(*moving_pose(60, seed)))


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_positions_are_refused_whichever_axis_is_up_and_with_noise(seed: int) -> None:
    positions = z_to_y_up(posed_joints(*moving_pose(60, seed)))
    noise = np.random.default_rng(seed).normal(0.0, 0.001, positions.shape)
    assert refused_as_positions(positions + noise)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_rotations_pass(seed: int) -> None:
    assert not refused_as_positions(moving_pose(60, seed)[0])


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), turns=st.floats(0.01, 2.0))
def test_rotations_pass_while_the_whole_body_turns(seed: int, turns: float) -> None:
    pose, _ = moving_pose(60, seed)
    yaw = Rotation.from_euler("z", np.linspace(0, 2 * np.pi * turns, 60)[:, None])
    pose[:, 0] = (yaw * Rotation.from_rotvec(pose[:, 0])).as_rotvec()
    assert not refused_as_positions(pose)


def test_a_still_pose_a_zero_pose_and_a_turning_statue_pass_as_rotations() -> None:
    still, _ = standing_pose(60)
    turning = still.copy()
    turning[:, 0, 2] = np.linspace(0, 3, 60)
    assert not refused_as_positions(still)
    assert not refused_as_positions(np.zeros((60, 22, 3)))
    assert not refused_as_positions(turning)


def test_frames_that_are_not_finite_are_left_out_of_the_judgment() -> None:
    positions = posed_joints(*moving_pose(60, 0))
    positions[3] = np.nan
    positions[4] = np.inf
    assert refused_as_positions(positions)
    assert not refused_as_positions(np.full((5, 22, 3), np.nan))


def test_real_positions_are_refused_as_rotations() -> None:
    positions = np.load(reference_data("humanml3d", "new_joints", "012314.npy")).astype(np.float64)
    assert refused_as_positions(positions)


def test_a_real_recording_passes_every_guard() -> None:
    recording = read_smplh(reference_data("amass", "amass_sample.npz"), "sample.npz")
    joints = posed_joints(recording.pose, recording.trans)
    check_pose_is_rotations(recording)
    check_up_axis(recording, joints)
    assert posture_flags(joints) == ()


@pytest.mark.parametrize("upside", [1.0, -1.0])
@pytest.mark.parametrize("place", [(0.0, 0.0), (3.0, -2.0), (0.0, 0.5), (0.0, -0.3)])
def test_a_body_standing_along_y_is_refused(place: tuple[float, float], upside: float) -> None:
    joints = z_to_y_up(posed_joints(*moving_pose(60, 1)))
    joints[..., [2, 0]] += place
    assert refused_up_axis(joints * (1.0, upside, 1.0))


def test_a_body_walking_along_y_up_is_refused_when_its_root_is_at_the_origin() -> None:
    pose, trans = moving_pose(60, 2)
    joints = z_to_y_up(posed_joints(pose, trans - (0.0, 0.0, STANDING_HEIGHT)))
    assert refused_up_axis(joints)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), heading=st.floats(-np.pi, np.pi))
def test_an_upright_body_passes_and_has_no_flags(seed: int, heading: float) -> None:
    pose, trans = moving_pose(60, seed)
    turn = Rotation.from_euler("z", heading)
    pose[:, 0] = (turn * Rotation.from_rotvec(pose[:, 0])).as_rotvec()
    joints = posed_joints(pose, trans)
    assert not refused_up_axis(joints)
    assert posture_flags(joints) == ()


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), along=st.floats(-np.pi, np.pi))
def test_a_lying_body_is_flagged_and_never_refused(seed: int, along: float) -> None:
    joints = lying_joints(seed, along)
    assert not refused_up_axis(joints)
    assert posture_flags(joints) == ("lying",)


def test_a_body_lying_with_its_feet_at_the_origin_along_y_is_not_refused() -> None:
    joints = lying_joints(3, 0.0)
    joints[..., 1] -= joints[..., 1].min()
    assert not refused_up_axis(joints)


def test_a_body_lying_on_a_bed_is_not_refused() -> None:
    joints = lying_joints(4, 0.0) + np.array((1.0, 1.5, 0.6))
    assert not refused_up_axis(joints)
    assert set(posture_flags(joints)) == {"lying", "off_floor"}


def test_a_body_standing_on_its_hands_is_flagged() -> None:
    joints = posed_joints(*moving_pose(60, 5)) * (1.0, 1.0, -1.0)
    assert "lying" in posture_flags(joints)


def test_a_sitting_body_is_not_lying() -> None:
    pose, trans = standing_pose(10)
    pose[:, [JOINT["left_hip"], JOINT["right_hip"]], 0] = -np.pi / 2
    joints = posed_joints(pose, trans)
    joints[..., 2] -= joints[..., 2].min() - 0.02
    assert "lying" not in posture_flags(joints)


@pytest.mark.parametrize(
    ("height", "flags"), [(0.0, ()), (0.2, ()), (0.5, ("off_floor",)), (-0.5, ("off_floor",))]
)
def test_bodies_far_from_the_floor_are_flagged(height: float, flags: tuple[str, ...]) -> None:
    joints = posed_joints(*standing_pose(10)) + np.array((0.0, 0.0, height))
    assert posture_flags(joints) == flags


def test_a_jump_within_a_clip_is_not_flagged() -> None:
    pose, trans = standing_pose(10)
    trans[2:6, 2] += 0.6
    assert posture_flags(posed_joints(pose, trans)) == ()


def clip_with(turn: float = 0.0, place: float = 0.0, beta: float = 0.0) -> Clip:
    """Return a standing clip with one value of its pose, its trans and its betas another."""
    pose, trans = standing_pose(10)
    pose[3, 5, 1], trans[3, 0] = turn, place
    recording = replace(recording_of(pose, trans), betas=np.array([0.0, beta]))
    return Clip("000000", "KIT", pose, trans, 20.0, 0, 9, recording)


LARGEST = {"turn": MAX_TURN_RADIANS, "place": MAX_TRANS_METERS, "beta": MAX_BETA}


@pytest.mark.parametrize("what", LARGEST)
@pytest.mark.parametrize("sign", [1, -1])
def test_values_beyond_a_person_s_are_refused_and_those_up_to_them_pass(
    what: str, sign: int
) -> None:
    check_plausible(clip_with(**{what: sign * LARGEST[what]}))
    for value in (LARGEST[what] * 1.001, 1e30, 1e300):
        assert refused(DropReason.INVALID, check_plausible, clip_with(**{what: sign * value}))


def test_frames_of_nonsense_are_told_and_left_out_of_every_judgment() -> None:
    pose, trans = moving_pose(60, 0)
    pose[3], trans[4], pose[5], trans[6] = 1e300, 1e30, np.nan, np.inf
    assert np.flatnonzero(~plausible_frames(pose, trans)).tolist() == [3, 4, 5, 6]
    positions = posed_joints(*moving_pose(60, 0))
    positions[3] = 1e300
    assert refused_as_positions(positions)
    assert not refused_up_axis(np.empty((0, 22, 3)))
