"""What a body can do: feet stand, joints bend as they can, motion is smooth."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motiondata.bodies.posing import pose_body
from motiondata.guards import check_pose_is_rotations, check_up_axis, posture_flags
from motiondata.recording import Recording
from motiondata.skeletons import JOINT
from motiondata.synthesis.acts import SIDES
from motiondata.synthesis.motion.perform import ACT_FUNCTIONS
from motiondata.synthesis.repertoires import CHOICES
from tests.support.performances import (
    RECORDINGS,
    Scene,
    act_of,
    act_out,
    recorded_scenes,
    runs,
    shaped,
)

LIMITS_DEG = {
    "knee": ((0, 140), (-1, 1), (-1, 1)),
    "ankle": ((-42, 50), (-30, 30), (-30, 30)),
    "foot": ((-65, 1), (-1, 1), (-1, 1)),
    "hip": ((-150, 40), (-45, 45), (-45, 45)),
    "wrist": ((-1, 1), (-1, 1), (-50, 50)),
    "collar": ((-1, 1), (-1, 1), (-30, 30)),
}
"""How far joints turn about x, y and z, on the left; wide for hips, whose axes mix."""

ELBOW_LIMITS_DEG = (-3.0, 150.0)

STANDING_METERS = 0.001
"""A ball of a foot this near the floor stands."""

FASTEST_RADIANS_PER_SECOND = 30.0
"""A thrown punch or a kick turns an elbow or a knee by 20 to 30."""

HARDEST = {"pelvis": 45.0, "head": 70.0, "left_knee": 280.0, "left_wrist": 350.0}
"""The greatest acceleration by joint, meters a second squared: runs, kicks and punches are hard."""


@pytest.fixture(params=range(RECORDINGS), ids=str)
def scene(request: pytest.FixtureRequest) -> Scene:
    number: int = request.param
    return recorded_scenes()[number]


def test_feet_never_sink_into_the_floor(scene: Scene) -> None:
    for joint in ("ankle", "foot"):
        for side in SIDES:
            assert scene.rise(f"{side}_{joint}").min() > -1e-6


def test_standing_feet_stay_in_their_place(scene: Scene) -> None:
    for side in SIDES:
        ball = scene.path(f"{side}_foot")
        for stance in runs(scene.rise(f"{side}_foot") < STANDING_METERS):
            drift = np.ptp(ball[stance, :2], axis=0)
            assert np.hypot(*drift) < 0.01


def test_feet_that_stand_for_a_while_do_not_move_at_all(scene: Scene) -> None:
    edge = int(0.08 * scene.fps)
    for side in SIDES:
        ball = scene.path(f"{side}_foot")
        for stance in runs(scene.rise(f"{side}_foot") < STANDING_METERS):
            middle = ball[stance, :2][edge:-edge]
            if len(middle) > 1:
                speed = np.linalg.norm(np.diff(middle, axis=0), axis=1) * scene.fps
                assert speed.max() < 0.01


def test_somebody_stands_on_the_floor_most_of_the_time(scene: Scene) -> None:
    lowest = np.minimum(scene.rise("left_foot"), scene.rise("right_foot"))
    assert (lowest < STANDING_METERS).mean() > 0.6


def test_the_pelvis_keeps_a_plausible_height(scene: Scene) -> None:
    height = scene.path("pelvis")[:, 2] / scene.subject.skeleton.height_over_sole("pelvis")
    assert height.min() > 0.4
    assert height.max() < 1.35


def test_joints_stay_within_human_limits(scene: Scene) -> None:
    degrees = np.degrees(scene.motion.pose)
    for name, limits in LIMITS_DEG.items():
        for side, mirror in zip(SIDES, (1, -1), strict=True):
            turned = degrees[:, JOINT[f"{side}_{name}"]] * (1, mirror, mirror)
            for axis, (lowest, highest) in enumerate(limits):
                assert lowest <= turned[:, axis].min(), (name, side, "xyz"[axis])
                assert turned[:, axis].max() <= highest, (name, side, "xyz"[axis])


def test_elbows_bend_forward_only(scene: Scene) -> None:
    for side, sign in zip(SIDES, (-1, 1), strict=True):
        bend = sign * np.degrees(scene.motion.pose[:, JOINT[f"{side}_elbow"], 1])
        assert ELBOW_LIMITS_DEG[0] < bend.min()
        assert bend.max() < ELBOW_LIMITS_DEG[1]


def test_no_joint_is_thrown_about(scene: Scene) -> None:
    acceleration = np.linalg.norm(np.diff(scene.joints, 2, axis=0), axis=2) * scene.fps**2
    for name, hardest in HARDEST.items():
        for joint in {name, name.replace("left", "right")}:
            assert acceleration[:, JOINT[joint]].max() < hardest, joint


def test_joints_turn_no_faster_than_people_do(scene: Scene) -> None:
    rotations = Rotation.from_rotvec(scene.motion.pose.reshape(-1, 3))
    joints = scene.motion.pose.shape[1]
    between = rotations[:-joints].inv() * rotations[joints:]
    assert between.magnitude().max() * scene.fps < FASTEST_RADIANS_PER_SECOND


@pytest.mark.parametrize("kind", ACT_FUNCTIONS)
def test_velocities_change_less_the_shorter_a_frame_is(kind: str) -> None:
    """A jump of any joint would be as large at any rate, and make velocities change by more."""
    act = next(act_of(choice) for choice in CHOICES if choice.kind == kind)
    coarse, fine = (act_out(act, fps=fps) for fps in (60.0, 480.0))
    change = [
        np.linalg.norm(np.diff(scene.joints, 2, axis=0), axis=2).max() * scene.fps
        for scene in (coarse, fine)
    ]
    assert change[1] < 0.25 * change[0]


def test_the_guards_against_wrong_input_let_made_motion_pass(scene: Scene) -> None:
    motion = scene.motion
    betas = scene.subject.betas
    recording = Recording(motion.pose, motion.trans, motion.fps, "neutral", betas, "made")
    check_pose_is_rotations(recording)
    check_up_axis(recording, scene.joints)
    assert posture_flags(scene.joints) == ()


@pytest.mark.parametrize("number", range(0, RECORDINGS, 8))
def test_the_skin_stays_above_the_floor(number: int) -> None:
    scene = recorded_scenes()[number]
    frames = slice(None, None, int(scene.fps / 5))
    body = shaped(scene.subject)
    posed = pose_body(body, scene.motion.pose[frames], scene.motion.trans[frames])
    assert posed.vertices[..., 2].min() > -0.03
