"""Limbs: the end of a limb is at its target, by rotations that SciPy multiplies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.skeletons import JOINT
from motiondata.synthesis.acts import SIDES
from motiondata.synthesis.corpus.subjects import make_subject
from motiondata.synthesis.motion.arms import arm_rotation, pose_reaching
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN
from motiondata.synthesis.motion.two_bone_ik import solve_two_bone_ik

Floats = NDArray[np.float64]

UPPER, LOWER = np.array([0.02, -0.42, 0.01]), np.array([-0.01, -0.4, -0.03])
HINGE = np.array([1.0, 0.0, 0.0])
OUTWARD = np.array([[1.0, 0.1, 0.05]])

directions = st.tuples(st.floats(-0.6, 0.6), st.floats(-1.0, -0.4), st.floats(-0.9, 0.9))


def end_of_limb(root: Floats, bend: Floats) -> Floats:
    """Return where a limb's end is, by the slow way."""
    lower = Rotation.from_rotvec(HINGE * bend[0]).apply(LOWER)
    end: Floats = Rotation.from_matrix(root[0]).apply(UPPER + lower)
    return end


@given(directions, st.floats(0.2, 0.8))
def test_the_end_of_a_limb_is_where_it_was_to_be(
    direction: tuple[float, float, float], distance: float
) -> None:
    target = np.array([direction]) / np.linalg.norm(direction) * distance
    root, bend = solve_two_bone_ik(UPPER, LOWER, HINGE, target, OUTWARD)
    np.testing.assert_allclose(end_of_limb(root, bend), target[0], atol=1e-9)


@given(directions)
def test_the_hinge_lies_in_the_plane_that_was_asked_for(
    direction: tuple[float, float, float],
) -> None:
    target = np.array([direction]) / np.linalg.norm(direction) * 0.6
    root, _ = solve_two_bone_ik(UPPER, LOWER, HINGE, target, OUTWARD)
    beside = np.cross(target[0], OUTWARD[0])
    hinge = Rotation.from_matrix(root[0]).apply(HINGE)
    assert abs(hinge @ beside) / np.linalg.norm(beside) < 0.2
    assert hinge @ OUTWARD[0] > 0


def test_a_target_out_of_reach_is_approached() -> None:
    target = np.array([[0.0, -5.0, 0.0]])
    root, bend = solve_two_bone_ik(UPPER, LOWER, HINGE, target, OUTWARD)
    end = end_of_limb(root, bend)
    assert np.linalg.norm(end) == pytest.approx(0.82, abs=0.01)
    assert end[1] / np.linalg.norm(end) == pytest.approx(-1.0, abs=1e-9)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("ahead", [0.2, 0.3, 0.4])
def test_a_wrist_is_where_it_was_to_be(side: str, ahead: float) -> None:
    skeleton = make_subject(0, 1).skeleton
    wrist = np.array([LEFT_SIGN[side] * 0.1, -0.15, ahead])
    pose = {name: np.radians([value]) for name, value in
            pose_reaching(skeleton, side, wrist, 50.0).items()}  # fmt: skip
    shoulder = Rotation.from_matrix(
        arm_rotation(side, pose["swing"], pose["raise"], pose["twist"])[0]
    )
    elbow = Rotation.from_rotvec([0.0, -LEFT_SIGN[side] * pose["elbow"][0], 0.0])
    forearm = elbow.apply(skeleton.bone(f"{side}_elbow", f"{side}_wrist"))
    arm = shoulder.apply(skeleton.bone(f"{side}_shoulder", f"{side}_elbow") + forearm)
    both = skeleton.joints[[JOINT["left_shoulder"], JOINT["right_shoulder"]]]
    middle = both.mean(axis=0)
    np.testing.assert_allclose(
        skeleton.joints[JOINT[f"{side}_shoulder"]] + arm - middle, wrist, atol=1e-6
    )
