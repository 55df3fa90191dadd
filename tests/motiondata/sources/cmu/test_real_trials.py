"""CMU's own trials after conversion: people stand, walk ahead and do what CMU's list says.

Skipped where the files are absent. docs/cmu.md states the figures that are bounded here.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.measures import sole_meters
from motiondata.bodies.posing import pose_joints
from motiondata.guards import check_pose_is_rotations, check_up_axis, posture_flags
from motiondata.recording import Recording
from motiondata.skeletons import JOINT
from motiondata.sources.cmu.amc import read_amc
from motiondata.sources.cmu.convert import CmuSubject, convert_motion, read_subject
from motiondata.sources.cmu.kinematics import WorldBones, pose_bones
from motiondata.sources.cmu.retarget_errors import (
    AIMED_SEGMENTS,
    TRUNK,
    segment_errors_deg,
)
from tests.support.reference_data import reference_data

WALKS = ["02_01", "02_02"]
STANDING = ["02_04", "02_05", "02_06", "02_07", "02_08", "02_09", "02_10"]
TRIALS = ["01_01", "01_08", *WALKS, "02_03", *STANDING]


@dataclass(frozen=True)
class Converted:
    """A trial, as CMU has it and as it was converted."""

    subject: CmuSubject
    recording: Recording
    joints: NDArray[np.float64]
    """Shaped (frames, 22, 3), z up."""
    world: WorldBones
    """CMU's own bones, y up."""

    def joint(self, name: str) -> NDArray[np.float64]:
        return self.joints[:, JOINT[name]]


@lru_cache
def subject_of(number: str) -> CmuSubject:
    return read_subject(reference_data("cmu_asfamc", "subjects", number, f"{number}.asf"))


@lru_cache
def converted(trial: str) -> Converted:
    subject = subject_of(trial[:2])
    path = reference_data("cmu_asfamc", "subjects", trial[:2], f"{trial}.amc")
    world = pose_bones(subject.skeleton, read_amc(path, subject.skeleton))
    recording = convert_motion(world, subject, trial)
    joints = pose_joints(subject.shaped, recording.pose, recording.trans)
    return Converted(subject, recording, joints, world)


def ahead(of: Converted) -> NDArray[np.float64]:
    """Where a person faces, by the feet, level, shaped (frames, 3), of length one."""
    feet = sum(of.joint(f"{s}_foot") - of.joint(f"{s}_ankle") for s in ("left", "right"))
    level = np.asarray(feet) * (1, 1, 0)
    return np.asarray(level / np.linalg.norm(level, axis=1, keepdims=True))


def soles(of: Converted) -> NDArray[np.float64]:
    return sole_meters(of.subject.shaped, of.joints)


@pytest.mark.parametrize("trial", TRIALS)
def test_limbs_and_head_point_where_cmu_s_do(trial: str) -> None:
    motion = converted(trial)
    errors = segment_errors_deg(motion.world, motion.joints)
    assert {name for name in AIMED_SEGMENTS if errors[name].max() > 1e-6} == set()


@pytest.mark.parametrize("trial", TRIALS)
def test_the_trunk_leans_as_cmu_s_does_within_some_degrees(trial: str) -> None:
    motion = converted(trial)
    errors = segment_errors_deg(motion.world, motion.joints)
    assert {name for name in TRUNK if np.median(errors[name]) > 6.0} == set()
    assert {name for name in TRUNK if errors[name].max() > 10.0} == set()


@pytest.mark.parametrize("trial", TRIALS)
def test_joints_are_near_the_skeleton_s(trial: str) -> None:
    motion = converted(trial)
    for joint, tip in [("left_ankle", "ltibia"), ("right_ankle", "rtibia"),
                       ("left_elbow", "lhumerus"), ("right_elbow", "rhumerus")]:  # fmt: skip
        x, y, z = motion.world.tip(tip).T
        strays = np.linalg.norm(motion.joint(joint) - np.stack([x, -z, y], axis=1), axis=1)
        assert np.percentile(strays, 95) < 0.12, joint


@pytest.mark.parametrize("trial", TRIALS)
def test_people_are_upright(trial: str) -> None:
    motion = converted(trial)
    check_pose_is_rotations(motion.recording)
    check_up_axis(motion.recording, motion.joints)
    ankles = np.maximum(motion.joint("left_ankle")[:, 2], motion.joint("right_ankle")[:, 2])
    pelvis, head = motion.joint("pelvis")[:, 2], motion.joint("head")[:, 2]
    assert np.mean((head > pelvis) & (pelvis > ankles)) > 0.99
    assert "lying" not in posture_flags(motion.joints)


@pytest.mark.parametrize("trial", [*WALKS, "02_03"])
def test_people_walk_and_run_ahead(trial: str) -> None:
    motion = converted(trial)
    way = motion.joint("pelvis")[-1] - motion.joint("pelvis")[0]
    speed = np.linalg.norm(way[:2]) / (len(motion.joints) / motion.recording.fps)
    facing = ahead(motion).mean(axis=0)
    assert way @ facing / np.linalg.norm(way) / np.linalg.norm(facing) > 0.95
    assert 2.0 < speed < 4.0 if trial == "02_03" else 0.8 < speed < 2.0


@pytest.mark.parametrize("trial", TRIALS)
def test_left_is_left_of_where_people_face(trial: str) -> None:
    motion = converted(trial)
    left = np.cross([0.0, 0.0, 1.0], ahead(motion))
    hips = motion.joint("left_hip") - motion.joint("right_hip")
    assert np.mean(np.sum(hips * left, axis=1) > 0) > 0.99


@pytest.mark.parametrize("trial", STANDING)
def test_feet_stand_on_the_floor(trial: str) -> None:
    low, middle = np.percentile(soles(converted(trial)), (5, 50))
    assert low == pytest.approx(0.0, abs=0.025)
    assert middle == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("trial", [*WALKS, "02_03", "01_01"])
def test_feet_walk_near_the_floor(trial: str) -> None:
    """Less near: CMU's floor falls by 5 to 9 cm over the way of subject 02's first trials."""
    low, middle = np.percentile(soles(converted(trial)), (5, 50))
    assert low == pytest.approx(0.0, abs=0.08)
    assert middle == pytest.approx(0.0, abs=0.04)


@pytest.mark.parametrize("trial", TRIALS)
def test_nothing_jumps(trial: str) -> None:
    """The fastest is a foot that slips in 01_08, at 11.6 m/s here and 12.6 m/s in CMU's files."""
    motion = converted(trial)
    fps = motion.recording.fps
    steps = np.linalg.norm(np.diff(motion.joints, axis=0), axis=2) * fps
    own = np.linalg.norm(np.diff(motion.world.tips, axis=0), axis=2) * fps
    assert steps.max() < min(12.0, 1.5 * own.max())


def test_who_jumps_leaves_the_floor_and_lands_on_it() -> None:
    height = soles(converted("02_04"))
    assert height.max() > 0.1
    assert abs(height[-1]) < 0.02


def test_who_bends_over_and_lifts_an_arm_does_both() -> None:
    motion = converted("02_06")
    height = motion.joint("head")[:, 2]
    assert height.min() < 0.75 * height.max()
    assert np.max(motion.joint("right_wrist")[:, 2] - height) > 0.2


def test_who_climbs_gets_up_and_down_again() -> None:
    height = soles(converted("01_08"))
    assert height.max() > 1.0
    assert max(height[0], height[-1]) < 0.1


def test_humanml3d_s_index_ends_where_the_trials_end() -> None:
    with reference_data("humanml3d", "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for trial in TRIALS:
        available = len(range(0, converted(trial).recording.frames, 6))
        name = f"./pose_data/CMU/{trial[:2]}/{trial}_poses.npy"
        ends = [int(row["end_frame"]) for row in rows if row["source_path"] == name]
        assert max(ends) <= available, trial
        if trial in ("02_01", "02_02", "02_03", "02_04", "02_06", "02_09", "02_10"):
            assert max(ends) == available, trial
