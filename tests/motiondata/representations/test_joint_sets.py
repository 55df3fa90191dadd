"""Frames and sets of joints: which joint is where."""

from dataclasses import replace

import numpy as np
import pytest

from motiondata.bodies.load_body import load_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.bodies.smpl_format import arrays_to_body
from motiondata.errors import InputError
from motiondata.representations.joint_sets import (
    KIT_JOINTS,
    amass_to_y_up,
    hands_of,
    mirror_joints,
    pose_smpl_joints,
    smpl_to_kit,
    y_up_to_amass,
)
from motiondata.representations.skeleton import KIT, T2M
from motiondata.skeletons import LEFT_JOINTS, PARENTS, RIGHT_JOINTS
from tests.support.motion_clips import y_up_joints
from tests.support.performances import recorded_scenes
from tests.support.small_body import made_body


def test_the_y_up_frame_has_amass_z_as_y_and_returns_exactly() -> None:
    assert amass_to_y_up([1.0, 2.0, 3.0]).tolist() == [-1.0, 3.0, 2.0]
    assert y_up_to_amass(amass_to_y_up([1.0, 2.0, 3.0])).tolist() == [1.0, 2.0, 3.0]


def test_the_change_of_frame_is_a_rotation() -> None:
    assert np.linalg.det(amass_to_y_up(np.eye(3))) == pytest.approx(1.0)


def test_t2m_has_the_parents_and_the_sides_of_smpl() -> None:
    assert (T2M.parents == np.array(PARENTS[1:])).all()
    assert [T2M.mirrored[joint] for joint in LEFT_JOINTS] == list(RIGHT_JOINTS)


def test_two_mirrorings_cancel() -> None:
    joints = y_up_joints(0)
    assert (mirror_joints(mirror_joints(joints)) == joints).all()


def test_kit_joints_lie_on_the_body_with_the_left_ones_on_the_left() -> None:
    smpl = y_up_joints(2)
    kit = smpl_to_kit(smpl)
    names = [name for name, _ in KIT_JOINTS]
    assert (kit[:, names.index("LH")] == smpl[:, 1]).all()
    assert (kit[:, names.index("RW")] == smpl[:, 21]).all()
    middle = kit[:, names.index("LMrot")]
    np.testing.assert_allclose(middle, (smpl[:, 7] + smpl[:, 10]) / 2)
    assert len({*names}) == KIT.joints == 21


def test_smpl_joints_have_hands_that_keep_their_distance_from_the_wrists() -> None:
    scene, body = recorded_scenes()[0], load_body()
    pose, trans = scene.motion.pose, scene.motion.trans
    joints = pose_smpl_joints(body, pose, trans)
    np.testing.assert_array_equal(joints[:, :22], pose_joints(body, pose, trans))
    for wrist, hand in ((20, 22), (21, 23)):
        length = np.linalg.norm(body.joints[hand] - body.joints[wrist])
        found = np.linalg.norm(joints[:, hand] - joints[:, wrist], axis=-1)
        np.testing.assert_allclose(found, length, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("joints", "hands"), [(24, (22, 23)), (52, (25, 40)), (55, (28, 43))])
def test_hands_are_joints_of_their_own_or_middle_fingers(
    joints: int, hands: tuple[int, int]
) -> None:
    body = arrays_to_body(made_body(joints=joints), "made", "made.npz")
    assert hands_of(shape_body(body, np.zeros(0))) == hands


def test_a_body_without_hands_is_refused() -> None:
    body = arrays_to_body(made_body(joints=24), "made", "made.npz")
    handless = replace(shape_body(body, np.zeros(0)), body=replace(body, parents=body.parents[:22]))
    with pytest.raises(InputError, match="expected joints of hands or fingers"):
        hands_of(handless)
