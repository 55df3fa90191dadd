"""Real captures: they are upright, walk where their files walk, and agree with CMU's own files."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.recording import Recording
from motiondata.skeletons import JOINT, PARENTS
from motiondata.sources.bvh.convert import convert_bvh
from motiondata.sources.cmu.convert import read_motion, read_subject
from motiondata.sources.imports.clip_labels import label_of, mirrored_label
from motiondata.sources.imports.file_names import read_template
from motiondata.sources.imports.split_lists import read_split_template
from tests.support.reference_data import reference_data

THORAX = "0.0406 2.0640 0.0478"
"""Subject 01's thorax in CMU's unit, which the BVH file of the trial lacks."""


def joints_of(recording: Recording) -> np.ndarray:
    shaped = shape_body(bundled_body(), recording.betas)
    return pose_joints(shaped, recording.pose, recording.trans)


def world_rotations(recording: Recording) -> list[Rotation]:
    world: list[Rotation] = []
    for joint, parent in enumerate(PARENTS):
        local = Rotation.from_rotvec(recording.pose[:, joint])
        world.append(local if parent < 0 else world[parent] * local)
    return world


def with_thorax(text: str) -> str:
    """Return CMU's BVH file with the bone that its conversion set to zero."""
    for name in ("Neck", "LeftShoulder", "RightShoulder"):
        head, joint, rest = text.partition(f"JOINT {name}\n")
        text = head + joint + rest.replace("OFFSET 0 0 0", f"OFFSET {THORAX}", 1)
    return text


def test_a_trial_equals_its_asf_and_amc(tmp_path: Path) -> None:
    path = tmp_path / "cmu_01_01.bvh"
    path.write_text(with_thorax((reference_data("sources") / "bvh/cmu_01_01.bvh").read_text()))
    subjects = reference_data("cmu_asfamc") / "subjects"
    expected = read_motion(subjects / "01/01_01.amc", read_subject(subjects / "01/01.asf"))
    found = convert_bvh(path).recording
    assert found.fps == expected.fps
    shared = slice(1, 1 + expected.frames)  # the BVH file begins with a T-pose
    pairs = zip(JOINT, world_rotations(found), world_rotations(expected), strict=True)
    for name, mine, theirs in pairs:
        most = 7.0 if name.endswith("elbow") else 0.5  # the hand has a part of the forearm's twist
        assert np.degrees((mine[shared].inv() * theirs).magnitude()).max() < most, name
    assert found.betas == pytest.approx(expected.betas, abs=0.05)
    away = np.linalg.norm(joints_of(found)[shared] - joints_of(expected), axis=-1)
    assert away.mean() < 0.003
    assert away.max() < 0.005


@pytest.mark.parametrize("name", ["walk_normal", "kick_normal", "bow_old", "run_giant", "dash_sad"])
def test_captures_without_a_rest_pose_are_upright(name: str) -> None:
    folder = reference_data("sources") / "bvh/bandai_namco_1"
    recording = convert_bvh(folder / f"dataset-1_{name}_001.bvh").recording
    joints = joints_of(recording)
    assert joints[:, JOINT["head"], 2].max() > 1.35
    soles = joints[:, [JOINT["left_foot"], JOINT["right_foot"]], 2].min(axis=1)
    assert np.percentile(soles, (5, 50)) == pytest.approx(0, abs=0.06)
    across = joints[:, JOINT["left_hip"]] - joints[:, JOINT["right_hip"]]
    knees = joints[:, JOINT["left_knee"]] - joints[:, JOINT["left_ankle"]]
    ahead = np.cross(across, [0.0, 0.0, 1.0])
    toes = joints[:, JOINT["left_foot"]] - joints[:, JOINT["left_ankle"]]
    assert np.median(np.sum(toes * ahead, axis=1)) > 0
    assert np.median(np.sum(knees * ahead, axis=1)) > 0
    if name.startswith(("walk", "run", "dash")):
        steps = np.diff(joints[::10, 0], axis=0)
        assert np.median(np.sum(steps * ahead[:-1:10][: len(steps)], axis=1)) > 0


def test_no_training_clip_has_a_content_and_style_of_a_test_clip() -> None:
    folder = reference_data("sources") / "bvh/bandai_namco_1"
    names = [path.stem for path in sorted(folder.glob("*.bvh"))]
    template, splits = read_template(), read_split_template().divide(names)
    assert splits is not None
    said: dict[str, set[tuple[str, ...]]] = {"train": set(), "val": set(), "test": set()}
    for name, split in zip(names, splits, strict=True):
        plain = label_of(name, name, template)
        assert plain is not None
        for label in (plain, mirrored_label(plain, name, template)):
            said[split].add(tuple(each.value for each in label.attributes.values()))
    assert said["train"].isdisjoint(said["test"] | said["val"])
    assert said["val"].isdisjoint(said["test"])
    assert len(said["test"]) > 20
