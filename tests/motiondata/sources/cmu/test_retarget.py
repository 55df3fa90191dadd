"""Retargeting: a body's bones point where the skeleton's do, whatever the two rest poses are."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.errors import DropReason, RecordingError
from motiondata.skeletons import JOINT, JOINT_NAMES, LEFT_JOINTS, PARENTS, RIGHT_JOINTS
from motiondata.sources.cmu.amc import AmcMotion
from motiondata.sources.cmu.asf import AsfSkeleton, read_asf
from motiondata.sources.cmu.kinematics import WorldBones, pose_bones
from motiondata.sources.cmu.retarget import SmplMotion, check_bones, retarget
from tests.support.acclaim_files import asf_text

TIPS = {
    "left_hip": "lhipjoint", "left_knee": "lfemur", "left_ankle": "ltibia", "left_foot": "lfoot",
    "left_collar": "thorax", "left_shoulder": "lclavicle", "left_elbow": "lhumerus",
    "left_wrist": "lwrist", "right_hip": "rhipjoint", "right_knee": "rfemur",
    "right_ankle": "rtibia", "right_foot": "rfoot", "right_collar": "thorax",
    "right_shoulder": "rclavicle", "right_elbow": "rhumerus", "right_wrist": "rwrist",
    "pelvis": "root", "spine1": "root", "spine2": "lowerback", "spine3": "upperback",
    "neck": "thorax", "head": "upperneck",
}  # fmt: skip
"""The tip that is where a joint is, for a body that is built as the skeleton is."""

T_POSE = {
    "pelvis": (0, 1, 0), "left_hip": (0.1, 0.9, 0), "left_knee": (0.1, 0.5, 0),
    "left_ankle": (0.1, 0.1, 0), "left_foot": (0.1, 0.05, 0.15), "spine1": (0, 1.1, 0.03),
    "spine2": (0, 1.2, 0.02), "spine3": (0, 1.3, 0), "neck": (0, 1.5, 0.03),
    "head": (0, 1.6, 0.06), "left_collar": (0.06, 1.45, 0.03), "left_shoulder": (0.18, 1.42, 0.04),
    "left_elbow": (0.45, 1.42, 0.04), "left_wrist": (0.7, 1.42, 0.04),
}  # fmt: skip
"""The left half of a body that rests otherwise than CMU's skeletons: legs down, collars too."""


def t_posed() -> NDArray[np.float64]:
    rest = np.array([T_POSE.get(name, (0, 0, 0)) for name in JOINT_NAMES], dtype=np.float64)
    rest[list(RIGHT_JOINTS)] = rest[list(LEFT_JOINTS)] * (-1, 1, 1)
    return rest


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> AsfSkeleton:
    path = tmp_path_factory.mktemp("retarget") / "made.asf"
    path.write_text(asf_text())
    return read_asf(path)


def moved(skeleton: AsfSkeleton, angles_deg: dict[str, tuple[float, float, float]]) -> WorldBones:
    angles = np.zeros((1, len(skeleton.bones), 3))
    for name, degrees in angles_deg.items():
        angles[0, skeleton.numbers[name]] = np.radians(degrees)
    return pose_bones(skeleton, AmcMotion(np.array([[0.5, 1.0, -0.5]]), angles))


def random_motion(skeleton: AsfSkeleton, seed: int, frames: int = 3) -> WorldBones:
    """Turn each bone by the degrees of freedom that it has, within about a right angle."""
    random = np.random.default_rng(seed)
    angles = random.uniform(-1.5, 1.5, (frames, len(skeleton.bones), 3))
    for bone, turns in zip(skeleton.bones, np.moveaxis(angles, 1, 0), strict=True):
        turns[:, [f"r{axis}" not in bone.dof for axis in "xyz"]] = 0.0
    return pose_bones(skeleton, AmcMotion(random.uniform(-2, 2, (frames, 3)), angles))


def place_joints(motion: SmplMotion, rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pose a body's joints as plainly as it can be written, frame by frame; z up."""
    joints = np.empty((len(motion.pose), len(PARENTS), 3))
    for frame, pose in enumerate(motion.pose):
        turned: list[NDArray[np.float64]] = []
        for joint, parent in enumerate(PARENTS):
            own = Rotation.from_rotvec(pose[joint]).as_matrix()
            turned.append(turned[parent] @ own if parent >= 0 else own)
            joints[frame, joint] = (
                joints[frame, parent] + turned[parent] @ (rest[joint] - rest[parent])
                if parent >= 0
                else motion.pelvis[frame]
            )
    return joints


def z_up(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_body_that_is_built_as_the_skeleton_is_has_its_joints_at_the_tips(
    skeleton: AsfSkeleton, seed: int
) -> None:
    rest = np.array([skeleton.rest_tips[skeleton.numbers[TIPS[name]]] for name in JOINT_NAMES])
    world = random_motion(skeleton, seed)
    joints = place_joints(retarget(world, rest), rest)
    for name in set(JOINT_NAMES) - {"head"}:  # CMU's neck bends in its middle
        assert joints[:, JOINT[name]] == pytest.approx(z_up(world.tip(TIPS[name])), abs=1e-9), name


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_limbs_and_neck_point_where_the_skeleton_s_do_from_any_rest_pose(
    skeleton: AsfSkeleton, seed: int
) -> None:
    world = random_motion(skeleton, seed)
    joints = place_joints(retarget(world, t_posed()), t_posed())
    limbs = ["knee", "ankle", "foot", "elbow", "wrist"]
    for name in ["head", *(f"{side}_{limb}" for side in ("left", "right") for limb in limbs)]:
        parent = JOINT_NAMES[PARENTS[JOINT[name]]]
        bone = joints[:, JOINT[name]] - joints[:, JOINT[parent]]
        same = z_up(world.tip(TIPS[name]) - world.tip(TIPS[parent]))
        cosine = np.sum(bone * same, axis=1)
        cosine /= np.linalg.norm(bone, axis=1) * np.linalg.norm(same, axis=1)
        assert cosine == pytest.approx(1.0, abs=1e-12), name


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_middle_of_the_hips_is_the_skeleton_s(skeleton: AsfSkeleton, seed: int) -> None:
    world = random_motion(skeleton, seed)
    joints = place_joints(retarget(world, t_posed()), t_posed())
    middle = z_up(world.tip("lhipjoint") + world.tip("rhipjoint")) / 2
    assert joints[:, 1:3].mean(axis=1) == pytest.approx(middle, abs=1e-12)


def test_a_skeleton_at_rest_stands_the_body_upright_with_its_legs_apart(
    skeleton: AsfSkeleton,
) -> None:
    motion = retarget(moved(skeleton, {}), t_posed())
    joints = place_joints(motion, t_posed())[0]
    thigh = joints[JOINT["left_knee"]] - joints[JOINT["left_hip"]]
    # CMU's femur rests at about 20 degrees from the vertical; the subject faces -y.
    assert np.degrees(np.arctan2(thigh[0], -thigh[2])) == pytest.approx(20.2, abs=0.1)
    arm = joints[JOINT["left_wrist"]] - joints[JOINT["left_shoulder"]]
    assert arm / np.linalg.norm(arm) == pytest.approx([1, 0, 0], abs=1e-12)
    assert joints[JOINT["left_foot"], 1] < joints[JOINT["left_ankle"], 1]
    assert joints[JOINT["head"], 2] > joints[JOINT["pelvis"], 2] > joints[JOINT["left_foot"], 2]


def test_the_trunk_leans_at_rest_as_the_skeleton_s_does(skeleton: AsfSkeleton) -> None:
    world = moved(skeleton, {})
    joints = place_joints(retarget(world, t_posed()), t_posed())[0]
    shoulders = (joints[JOINT["left_shoulder"]] + joints[JOINT["right_shoulder"]]) / 2
    trunk = shoulders - joints[JOINT["spine1"]]
    same = z_up((world.tip("lclavicle") + world.tip("rclavicle")) / 2 - world.tip("root"))[0]
    assert np.arctan2(*trunk[1:]) == pytest.approx(np.arctan2(*same[1:]), abs=1e-12)


def test_a_knee_bends_backwards_and_leaves_every_other_joint_alone(skeleton: AsfSkeleton) -> None:
    straight = retarget(moved(skeleton, {}), t_posed())
    bent = retarget(moved(skeleton, {"ltibia": (90, 0, 0)}), t_posed())
    joints = place_joints(bent, t_posed())[0]
    shin = joints[JOINT["left_ankle"]] - joints[JOINT["left_knee"]]
    assert shin / np.linalg.norm(shin) == pytest.approx([0, 1, 0], abs=0.02)
    changed = np.abs(bent.pose - straight.pose).max(axis=(0, 2)) > 1e-9
    assert [JOINT_NAMES[joint] for joint in np.flatnonzero(changed)] == ["left_knee"]


def test_a_twist_of_the_forearm_is_shared_by_elbow_and_wrist(skeleton: AsfSkeleton) -> None:
    still = retarget(moved(skeleton, {}), t_posed()).pose[0]
    twisted = retarget(moved(skeleton, {"lwrist": (0, 80, 0)}), t_posed()).pose[0]
    turned = {
        JOINT_NAMES[joint]: np.degrees(np.linalg.norm(twisted[joint] - still[joint]))
        for joint in np.flatnonzero(np.abs(twisted - still).max(axis=1) > 1e-9)
    }
    assert turned == pytest.approx({"left_elbow": 40.0, "left_wrist": 40.0})


def test_a_skeleton_without_a_bone_that_moves_a_joint_is_refused(skeleton: AsfSkeleton) -> None:
    bones = tuple(replace(b, name=b.name.replace("lfemur", "thigh")) for b in skeleton.bones)
    with pytest.raises(RecordingError, match=r"made\.asf: .* there is no bone lfemur") as error:
        check_bones(replace(skeleton, bones=bones))
    assert error.value.reason is DropReason.INVALID


def test_a_skeleton_with_a_limb_without_length_is_refused(skeleton: AsfSkeleton) -> None:
    bones = tuple(
        replace(bone, offset=np.zeros(3)) if bone.name == "rtibia" else bone
        for bone in skeleton.bones
    )
    with pytest.raises(RecordingError, match="rfemur and rtibia end at the same place") as error:
        check_bones(replace(skeleton, bones=bones))
    assert error.value.reason is DropReason.INVALID
