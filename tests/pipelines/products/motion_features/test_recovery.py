"""Motion features back to joints and poses, and their statistics in the files of trainers."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli import main
from motiondata.bodies.loading import read_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.representations.feature_groups import FEATURE_GROUPS
from motiondata.representations.humanml3d_recovery import recover_joints
from motiondata.representations.skeleton import T2M
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.reading import read_member
from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of
from tests.support.motion_features import built_features

REPRESENTATIONS = ("humanml3d-263", "kit-251", "repr-272")


@pytest.fixture(scope="module")
def datasets(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Dataset]:
    """Return a dataset in each representation with vectors. Tests only read them."""
    root = tmp_path_factory.mktemp("built")
    return {name: built_features(archive, root / name, name) for name in REPRESENTATIONS}


def run(*words: object) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code in (0, 2), result.output
    return result


def lengths_between(joints: np.ndarray) -> np.ndarray:
    """Return the distances between all joints of each frame, which no rigid motion changes."""
    return np.asarray(np.linalg.norm(joints[:, :, None] - joints[:, None], axis=-1))


def test_joints_of_272_come_back(datasets: dict[str, Dataset], tmp_path: Path) -> None:
    dataset = datasets["repr-272"]
    assert "listed in" in run("recover", dataset.path, "--out", tmp_path / "files").output
    for key in dataset.manifest["key"].to_pylist():
        stored = npy_to_array(read_member(dataset, key, "joints.npy"))
        joints = np.load(tmp_path / f"files/joints/{key}.npy")
        root = np.load(tmp_path / f"files/root/{key}.npy")
        moved = stored - stored[0, 0] * [1, 0, 1] - [0, stored[..., 1].min(), 0]
        assert joints == pytest.approx(moved, abs=1e-4)
        assert root == pytest.approx(joints[:, 0], abs=1e-6)


def test_a_body_posed_by_the_poses_of_272_has_the_joints(
    datasets: dict[str, Dataset], archive: MadeArchive, tmp_path: Path
) -> None:
    dataset, key = datasets["repr-272"], "000002"
    run("recover", dataset.path, "--out", tmp_path)
    body = read_body(archive.root / "body.npz")
    shaped = shape_body(body, np.linspace(-1, 1, 16)[: body.shape_dirs.shape[2]])
    root, pose = (np.load(tmp_path / f"{name}/{key}.npy") for name in ("root", "pose"))
    posed = pose_joints(shaped, pose.astype(float), root - shaped.joints[0])
    assert posed == pytest.approx(np.load(tmp_path / f"joints/{key}.npy"), abs=1e-4)


@pytest.mark.parametrize("name", ["humanml3d-263", "kit-251"])
def test_joints_by_positions_and_by_rotations_are_the_same(
    datasets: dict[str, Dataset], tmp_path: Path, name: str
) -> None:
    dataset = datasets[name]
    meters = 1.0 if name == "humanml3d-263" else 1000.0
    run("recover", dataset.path, "--out", tmp_path / "positions")
    run("recover", dataset.path, "--out", tmp_path / "rotations", "--by-rotations")
    for key in dataset.manifest["key"].to_pylist():
        one, other = (
            np.load(tmp_path / f"{by}/joints/{key}.npy") for by in ("positions", "rotations")
        )
        assert lengths_between(one) == pytest.approx(lengths_between(other), abs=1e-3 * meters)


def test_recovered_joints_are_those_of_the_function(
    datasets: dict[str, Dataset], tmp_path: Path
) -> None:
    dataset = datasets["humanml3d-263"]
    run("recover", dataset.path, "--out", tmp_path, "--split", "val")
    vectors = npy_to_array(read_member(dataset, "000003", "vectors.npy"))
    expected = recover_joints(vectors, T2M)
    np.testing.assert_array_equal(np.load(tmp_path / "joints/000003.npy"), expected)
    assert not (tmp_path / "joints/000006.npy").exists()


def test_a_stopped_recovery_resumes(datasets: dict[str, Dataset], tmp_path: Path) -> None:
    dataset = datasets["repr-272"]
    run("recover", dataset.path, "--out", tmp_path / "files")
    before = files_of(tmp_path / "files")
    (tmp_path / "files/pose/M000002.npy").unlink()
    (tmp_path / "files/train.csv").unlink()
    run("recover", dataset.path, "--out", tmp_path / "files")
    assert files_of(tmp_path / "files") == before


def test_what_cannot_be_recovered_is_refused(
    datasets: dict[str, Dataset], built: Dataset, archive: MadeArchive, out: Path
) -> None:
    target = out.with_name("files")
    found = run("recover", datasets["repr-272"].path, "--out", target, "--by-rotations").output
    assert "repr-272 has joints by positions" in found
    found = run("recover", built.path, "--out", target).output
    assert "expected a dataset of motion features, found one of lidar" in found
    built_features(archive, out, "joints")
    assert "contains joints already" in run("recover", out, "--out", target).output
    assert not target.exists()


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_statistics_are_grouped_as_trainers_expect(
    datasets: dict[str, Dataset], tmp_path: Path, name: str
) -> None:
    rule = "humanml3d-272" if name == "repr-272" else name
    words = ["--out", tmp_path / "stats", "--trainer-files", tmp_path / "trainer"]
    run("stats", datasets[name].path, *words)
    assert (tmp_path / f"stats/stats/train/vectors-{rule}/std.npy").exists()
    mean, std = (np.load(tmp_path / f"trainer/{file}") for file in ("Mean.npy", "Std.npy"))
    assert mean.dtype == std.dtype == (np.float64 if name == "repr-272" else np.float32)
    for start, stop in FEATURE_GROUPS[rule].values():
        assert len({*std[start:stop].tolist()}) == 1


def test_evaluators_have_statistics_that_are_divided_twice(
    datasets: dict[str, Dataset], tmp_path: Path
) -> None:
    path, plain, divided = datasets["humanml3d-263"].path, tmp_path / "a", tmp_path / "b"
    words = ["stats", path, "--out", tmp_path / "stats", "--trainer-files"]
    run(*words, plain)
    run(*words, divided, "--feat-bias-divisions", 2)
    ratio = np.load(plain / "Std.npy") / np.load(divided / "Std.npy")
    expected = np.ones(263)
    expected[:4] = expected[259:] = 25
    assert ratio == pytest.approx(expected)


def test_statistics_without_groups_can_be_asked_for(
    datasets: dict[str, Dataset], tmp_path: Path
) -> None:
    run("stats", datasets["humanml3d-263"].path, "--out", tmp_path, "--group", "none")
    assert (tmp_path / "stats/train/vectors/std.npy").exists()


def test_grouped_statistics_standardize_and_restore(
    datasets: dict[str, Dataset], tmp_path: Path
) -> None:
    path = datasets["humanml3d-263"].path
    run("stats", path, "--out", tmp_path)
    data = open_dataset(path)
    standardizer = data.standardizer("vectors", rule="humanml3d-263", folder=tmp_path)
    vectors = npy_to_array(read_member(data.dataset, "000002", "vectors.npy"))
    back = standardizer.restore(standardizer.standardize(vectors))
    assert np.asarray(back) == pytest.approx(vectors, abs=1e-5)


def test_scans_have_no_files_for_trainers(built: Dataset, tmp_path: Path) -> None:
    found = run("stats", built.path, "--out", tmp_path / "a", "--trainer-files", tmp_path / "b")
    assert "statistics of vectors of motion features alone" in found.output
    assert not (tmp_path / "b").exists()
