"""HumanAct12's rows become samples where its joints are at hand, and stay drops without them."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from motiondata.errors import InputError
from pipelines.clips.options import ClipSelection
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from shards.format.reading import read_member
from tests.support.amass_files import save_npz, smplh_arrays
from tests.support.lidar_options import lidar_options
from tests.support.motion_clips import y_up_joints

NAME = "P11G01R02F1812T1847A0402"
INDEX = f"""source_path,start_frame,end_frame,new_name
./pose_data/humanact12/humanact12/{NAME}.npy,0,-1,000000.npy
./pose_data/humanact12/humanact12/P01.npy,0,-1,000001.npy
./pose_data/humanact12/humanact12/P02.npy,0,-1,000002.npy
./pose_data/KIT/3/walk_poses.npy,0,1,000003.npy
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a folder with an index, an archive, and joints of two of three rows."""
    (tmp_path / "index.csv").write_text(INDEX)
    save_npz(tmp_path / "amass/KIT/3/walk_poses.npz", smplh_arrays())
    (tmp_path / "joints").mkdir()
    np.save(tmp_path / "joints" / f"{NAME}.npy", y_up_joints(3, 12).astype(np.float32))
    np.save(tmp_path / "joints" / "P01.npy", np.zeros((9, 24, 3)))
    return tmp_path


def built(source: Path, out: str, joints: Path | None) -> Dataset:
    options = lidar_options(source / "index.csv", source / "amass", humanact12=joints)
    build_lidar(options, source / out, Execution())
    return Dataset.open(source / out)


def drops(dataset: Dataset) -> dict[str, str]:
    table = pq.read_table(dataset.path / "drops.parquet")
    return dict(zip(table["key"].to_pylist(), table["reason"].to_pylist(), strict=True))


def test_joints_become_samples_of_the_same_motion(source: Path) -> None:
    dataset = built(source, "out", source / "joints")
    frames = dict(
        zip(
            dataset.manifest["key"].to_pylist(),
            dataset.manifest["frames"].to_pylist(),
            strict=True,
        )
    )
    assert frames == {"000000": 12, "000003": 1}
    assert drops(dataset) == {"000001": "invalid", "000002": "missing"}
    joints = decode_member("joints.npy", read_member(dataset, "000000", "joints.npy"))
    np.testing.assert_allclose(distances(joints), distances(y_up_joints(3, 12)), atol=0.03)
    assert verify(dataset.path).sound


def distances(joints: np.ndarray) -> np.ndarray:
    """Return the distances between joints of all frames, which do not depend on the sensor."""
    flat = joints.reshape(-1, 3).astype(np.float64)
    return np.asarray(np.linalg.norm(flat[:, None] - flat, axis=-1))


def test_without_joints_the_rows_are_expected_drops(source: Path) -> None:
    assert set(drops(built(source, "out", None)).values()) == {"humanact12"}


def test_changed_joints_are_not_mixed_with_older_ones(source: Path) -> None:
    built(source, "out", source / "joints")
    np.save(source / "joints" / f"{NAME}.npy", y_up_joints(4, 12))
    with pytest.raises(InputError, match=NAME):
        built(source, "out", source / "joints")


def test_the_folder_must_have_joints_and_the_source_an_index(source: Path) -> None:
    with pytest.raises(InputError, match=r"no \.npy files"):
        built(source, "out", source / "amass")
    with pytest.raises(InputError, match="humanact12: expected an index"):
        ClipSelection.of_recordings(source / "amass", humanact12=source / "joints")
