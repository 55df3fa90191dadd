"""Builds with a file of sensors: fixed, on vehicles and on the person."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motiondata.errors import InputError
from motiondata.skeletons import JOINT
from pipelines.datasets.info import info
from pipelines.datasets.statistics import stats
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions
from shards import open_dataset
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of
from tests.support.samples import samples_of

RIG = """
[[vehicle]]
name = "car"
position_m = [6, -2, 0]
yaw_deg = 120
speed_m_per_s = 3
turn_deg_per_s = 40

[[sensor]]
name = "front"
model = "{model}"
position_m = [5, 0, 1]
yaw_deg = 180

[[sensor]]
name = "roof"
model = "{model}"
mount = "car"
position_m = [0, 0, 1.5]

[[sensor]]
name = "helmet"
model = "vlp-16"
mount = "head"
position_m = [0.2, 0, 0.3]
pitch_deg = 50
"""


def with_rig(archive: MadeArchive, folder: Path, **options: Any) -> LidarBuildOptions:
    """Return the options of a build with three sensors."""
    rig = folder / "rig.toml"
    rig.write_text(RIG.format(model=archive.root / "sensor.toml"))
    return archive.options(sensor="os1-128", sensors=str(rig), **options)


@pytest.fixture(scope="module")
def rigged(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("rigged")
    build_lidar(with_rig(archive, folder), folder / "lidar", Execution())
    return Dataset.open(folder / "lidar")


def test_a_sensor_at_the_default_place_sees_the_same_points(
    archive: MadeArchive, rigged: Dataset, out: Path
) -> None:
    build_lidar(archive.options(distance=5.0), out, Execution())
    found, expected = samples_of(rigged), samples_of(Dataset.open(out))
    assert expected
    for key, sample in expected.items():
        for suffix in ("points.npy", "hits.npy", "parts.npy", "joints.npy"):
            np.testing.assert_array_equal(found[key][suffix], sample[suffix])
        assert found[key]["json"]["T_world_sensor"] == sample["json"]["T_world_sensor"]


def test_a_sensor_on_the_head_follows_the_head(rigged: Dataset) -> None:
    for key, sample in samples_of(rigged).items():
        if key.endswith("_v2"):
            seen = sample["joints.npy"][:, JOINT["head"]]
            np.testing.assert_allclose(seen, np.tile(seen[:1], (len(seen), 1)), atol=1e-6)
            assert np.linalg.norm(seen[0]) == pytest.approx(np.hypot(0.2, 0.3), abs=1e-6)
            moved = np.ptp(sample["sensor_pose.npy"][:, :3, :3], axis=0).max()
            assert moved > 0.01 or len(seen) == 1


def test_stored_poses_take_all_sensors_to_one_world(rigged: Dataset) -> None:
    samples = samples_of(rigged)
    for key in filter(lambda key: "_v" not in key, samples):
        worlds = []
        for view in ("", "_v1", "_v2"):
            T_world_sensor = samples[key + view]["sensor_pose.npy"].astype(np.float64)
            joints = samples[key + view]["joints.npy"].astype(np.float64)
            turned = np.einsum("fij,fnj->fni", T_world_sensor[:, :3, :3], joints)
            worlds.append(turned + T_world_sensor[:, None, :3, 3])
        np.testing.assert_allclose(worlds[1], worlds[0], atol=1e-5)
        np.testing.assert_allclose(worlds[2], worlds[0], atol=1e-5)


def test_a_sample_names_its_sensor_and_has_one_pose_only_if_it_stands_still(
    rigged: Dataset,
) -> None:
    details = {key[-3:]: sample["json"] for key, sample in samples_of(rigged).items()}
    assert details["_v1"]["placement"] == "roof"
    assert details["_v2"]["sensor"] == "vlp-16"
    assert "T_world_sensor" not in details["_v1"]
    lines = str(info(rigged.path))
    assert "sensor roof: small on car" in lines
    assert "--sensors FILE" in lines
    assert "hits by view: " in lines
    assert verify(rigged.path).sound


def test_poses_are_streamed_with_the_points(rigged: Dataset) -> None:
    stats(rigged.path)
    data = open_dataset(rigged.path)
    batch = next(iter(data.frames("train", field="sensor_pose", batch=8)))
    assert batch["sensor_pose"].shape == (8, 4, 4)


@pytest.mark.slow
def test_bytes_do_not_depend_on_workers(archive: MadeArchive, tmp_path: Path) -> None:
    options = with_rig(archive, tmp_path, realism="street", members="time", limit=4)
    build_lidar(options, tmp_path / "one", Execution())
    build_lidar(options, tmp_path / "two", Execution(workers=2))
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


@pytest.mark.parametrize("name", ["sensor", "distance", "height", "views"])
def test_options_that_place_a_sensor_are_refused(archive: MadeArchive, name: str) -> None:
    value: Any = "vlp-16" if name == "sensor" else 3
    given = {"sensor": "os1-128", "sensors": "rig.toml", name: value}
    with pytest.raises(InputError, match=f"{name}: expected nothing, because --sensors"):
        archive.options(**given)


def test_a_build_with_another_path_is_another_build(archive: MadeArchive, tmp_path: Path) -> None:
    options = with_rig(archive, tmp_path)
    rig, path = tmp_path / "rig.toml", tmp_path / "drive.csv"
    rig.write_text(
        rig.read_text().replace("speed_m_per_s = 3\nturn_deg_per_s = 40", 'path = "drive.csv"')
    )
    path.write_text("seconds,x,y,z\n0,0,0,0\n1,2,0,0\n")
    build_lidar(options, tmp_path / "lidar", Execution())
    path.write_text("seconds,x,y,z\n0,0,0,0\n1,3,0,0\n")
    with pytest.raises(InputError, match="sensors"):
        build_lidar(options, tmp_path / "lidar", Execution())
