"""Features of CMU's trials through whole builds, compared with those of the reference.

Skipped where the files are absent. The reference's joints are those of LiDAR samples, which are
rounded to 32 bits in the sensor's frame, and turned back to the world.
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motiondata.representations.humanml3d import make_features
from motiondata.representations.joint_sets import amass_to_y_up, mirror_joints
from motiondata.representations.skeleton import T2M
from motiondata.representations.targets import read_target
from pipelines.clips.options import ClipSelection
from pipelines.products.lidar.build import build_lidar
from pipelines.products.motion_features.build import build_features
from pipelines.products.motion_features.options import (
    MotionFeatureBuildOptions,
    MotionFeatureOptions,
)
from pipelines.sources import import_cmu
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from tests.support.lidar_options import lidar_options
from tests.support.motion_features import HERE
from tests.support.reference.humanml3d_features import features as plain_features
from tests.support.reference_data import reference_data
from tests.support.samples import iter_samples

CLIPS = ("000327", "002586", "007923", "012181", "013285")
NAMES = (*CLIPS, *(f"M{name}" for name in CLIPS))
ARC_SINE = 2e-8
"""The first column is an arc sine, which libraries round differently in the last bit."""
ROUNDED_JOINTS = 5e-7
"""Meters: the joints of the reference, rounded in a sensor's frame 4 m away, and those of poses."""
ROUNDED_FEATURES = 4e-5
"""What this rounding does to features: rotations of bones of 5 cm differ by 3e-5."""

Samples = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the trials of one of CMU's subjects and an index of the five clips."""
    root = tmp_path_factory.mktemp("cmu")
    import_cmu(reference_data("cmu_asfamc", "subjects", "02"), root / "amass")
    with reference_data("humanml3d", "index.csv").open(newline="") as file:
        table = csv.DictReader(file)
        rows = [row for row in table if row["new_name"].removesuffix(".npy") in CLIPS]
    with (root / "index.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return root


@pytest.fixture(scope="module")
def built(corpus: Path) -> Samples:
    target = reference_data("humanml3d", "target_skeleton.npy")
    clips = ClipSelection(corpus / "index.csv", corpus / "amass", mirror=True)
    own = MotionFeatureOptions("humanml3d-263", target_skeleton=target)
    build_features(MotionFeatureBuildOptions(clips, own), corpus / "motion", HERE)
    return samples_of(corpus / "motion")


@pytest.fixture(scope="module")
def posed(corpus: Path) -> Samples:
    """Return samples with the joints of all frames of the clips, in the world."""
    clips = ClipSelection(corpus / "index.csv", corpus / "amass")
    own = MotionFeatureOptions("joints", joint_frame="world")
    build_features(MotionFeatureBuildOptions(clips, own), corpus / "joints", HERE)
    return samples_of(corpus / "joints")


@pytest.fixture(scope="module")
def scanned(corpus: Path) -> Samples:
    options = lidar_options(corpus / "index.csv", corpus / "amass")
    build_lidar(options, corpus / "lidar", HERE)
    return samples_of(corpus / "lidar")


def samples_of(path: Path) -> Samples:
    """Return the decoded members of all samples by key."""
    dataset = Dataset.open(path)
    return {
        key: {suffix: decode_member(suffix, data) for suffix, data in members.items()}
        for split in dataset.description.splits
        for key, members in iter_samples(dataset, split)
    }


def reference(name: str, kind: str) -> Any:
    return np.load(reference_data("features", "humanml3d_263", f"{name}.{kind}.npy"))


@pytest.mark.parametrize("name", NAMES)
def test_a_build_has_the_features_that_the_notebooks_steps_make_of_its_joints(
    name: str, built: Samples, posed: Samples
) -> None:
    joints = amass_to_y_up(posed[name[-6:]]["joints.npy"])
    joints = mirror_joints(joints) if name.startswith("M") else joints
    lengths = read_target(reference_data("humanml3d", "target_skeleton.npy"), T2M)
    expected, found = plain_features(joints, T2M, lengths), built[name]["vectors.npy"]
    np.testing.assert_array_equal(found[:, 1:], expected[:, 1:])
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=0, atol=ARC_SINE)


@pytest.mark.parametrize("name", NAMES)
def test_joints_of_a_lidar_build_give_the_features_of_the_reference(
    name: str, scanned: Samples
) -> None:
    sample = scanned[name[-6:]]
    turn = np.array(sample["json"]["T_world_sensor"])
    world = sample["joints.npy"].astype(np.float64) @ turn[:3, :3].T + turn[:3, 3]
    world = world.astype(np.float32)
    np.testing.assert_array_equal(world, reference(name[-6:], "joints"))
    joints = mirror_joints(amass_to_y_up(world)) if name.startswith("M") else amass_to_y_up(world)
    lengths = read_target(reference_data("humanml3d", "target_skeleton.npy"), T2M)
    found, expected = make_features(joints, T2M, lengths).vectors, reference(name, "vectors")
    np.testing.assert_array_equal(found[:, 1:], expected[:, 1:])
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=0, atol=ARC_SINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_build_differs_from_the_reference_by_the_rounding_of_its_joints(
    name: str, built: Samples, posed: Samples
) -> None:
    joints = posed[name[-6:]]["joints.npy"]
    np.testing.assert_allclose(joints, reference(name[-6:], "joints"), rtol=0, atol=ROUNDED_JOINTS)
    np.testing.assert_allclose(
        built[name]["vectors.npy"], reference(name, "vectors"), rtol=0, atol=ROUNDED_FEATURES
    )
