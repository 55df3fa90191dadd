"""Real recordings, end to end: CMU's trials by HumanML3D's index, and a recording of AMASS."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from motiondata.skeletons import JOINT
from motiondata.sources.humanml3d.index import read_index
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.sources import import_cmu
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from shards.format.reading import read_member
from tests.support.lidar_options import lidar_options
from tests.support.reference_data import reference_data

WALKS = {"012181": "02_01", "008522": "02_02", "002586": "02_03"}


@pytest.fixture(scope="module")
def cmu(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Build the shards of all rows of the index whose CMU trials are at hand."""
    index = reference_data("humanml3d", "index.csv")
    root = tmp_path_factory.mktemp("cmu")
    import_cmu(reference_data("cmu_asfamc"), root / "archive")
    options = lidar_options(index, root / "archive", splits=index.parent)
    build_lidar(options, root / "lidar", Execution())
    return Dataset.open(root / "lidar")


def member(dataset: Dataset, key: str, suffix: str) -> np.ndarray:
    array: np.ndarray = decode_member(suffix, read_member(dataset, key, suffix))
    return array


def test_every_row_of_the_trials_at_hand_is_a_sample_of_its_own_length(cmu: Dataset) -> None:
    rows = {row.name: row for row in read_index(reference_data("humanml3d", "index.csv"))}
    frames = dict(
        zip(cmu.manifest["key"].to_pylist(), cmu.manifest["frames"].to_pylist(), strict=True)
    )
    assert frames == {name: rows[name].end_frame - rows[name].start_frame for name in frames}
    assert len(frames) == 17
    assert verify(cmu.path).sound


def test_all_other_rows_are_expected_drops(cmu: Dataset) -> None:
    reasons = Counter(pq.read_table(cmu.path / "drops.parquet")["reason"].to_pylist())
    assert reasons == {"humanact12": 1191, "missing": 14_599 - 1191}


@pytest.mark.parametrize("key", WALKS)
def test_somebody_who_walks_is_upright_and_comes_towards_the_sensor(cmu: Dataset, key: str) -> None:
    points, joints = member(cmu, key, "points.npy"), member(cmu, key, "joints.npy")
    height = points[..., 2] + 1.0
    assert np.abs(height.min(axis=1)).max() < 0.12
    assert (height.max(axis=1) > 1.4).all()
    assert (joints[:, JOINT["head"], 2] > joints[:, 0, 2] + 0.4).all()
    assert joints[-1, 0, 0] < joints[0, 0, 0] - 1.0


def test_points_lie_on_the_body_round_its_joints(cmu: Dataset) -> None:
    for key in cmu.manifest["key"].to_pylist():
        points, joints = member(cmu, key, "points.npy"), member(cmu, key, "joints.npy")
        offsets = points[::20, :, None] - joints[::20, None]
        assert np.linalg.norm(offsets, axis=-1).min(axis=-1).max() < 0.35, key


def test_a_recording_of_amass_gives_its_clip(tmp_path: Path) -> None:
    recording = tmp_path / "amass/KIT/3/sample_poses.npz"
    recording.parent.mkdir(parents=True)
    recording.symlink_to(reference_data("amass", "amass_sample.npz"))
    row = "./pose_data/KIT/3/sample_poses.npy,0,101,000000.npy"
    (tmp_path / "index.csv").write_text(f"source_path,start_frame,end_frame,new_name\n{row}\n")
    options = lidar_options(tmp_path / "index.csv", tmp_path / "amass")
    build_lidar(options, tmp_path / "lidar", Execution())
    dataset = Dataset.open(tmp_path / "lidar")
    assert dataset.manifest["frames"].to_pylist() == [101]
    with np.load(recording) as amass:
        pose = member(dataset, "000000", "pose.npy")
        assert pose == pytest.approx(amass["poses"][::6, :66].reshape(101, 22, 3), abs=1e-6)
        assert member(dataset, "000000", "trans.npy") == pytest.approx(amass["trans"][::6])
    joints = member(dataset, "000000", "joints.npy")
    assert (joints[:, JOINT["head"], 2] > joints[:, 0, 2] + 0.4).all()
    assert np.abs(joints[:, [7, 8], 2] + 1.0).max() < 0.2
