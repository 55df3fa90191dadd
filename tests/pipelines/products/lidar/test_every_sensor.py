"""Every sensor of `motiondata sensors` with every preset of realism: small whole builds."""

from pathlib import Path

import numpy as np
import pytest

from motiondata.lidar.preset_names import REALISM_NAMES, SENSOR_NAMES
from pipelines.datasets.export import export
from pipelines.datasets.export_options import ExportOptions
from pipelines.datasets.info import info
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from shards.format.dataset import Dataset
from tests.pipelines.products.lidar.test_build import samples_of
from tests.support.archive import MadeArchive, make_archive

ALWAYS = (
    ("vlp-16", "sensor"),
    ("hdl-32e", "street"),
    ("qt128", "none"),
    ("livox-mid-360", "street"),
    ("livox-avia", "none"),
)
"""Both kinds of rays with every preset; the columns of a real unit; a wide field of view."""

EVERY = [
    pytest.param(
        sensor, realism, marks=[] if (sensor, realism) in ALWAYS else [pytest.mark.slow]
    )
    for sensor in SENSOR_NAMES
    for realism in REALISM_NAMES
]  # fmt: skip
MEMBERS = {"none": "", "sensor": "intensity,time", "street": "beam,column,label"}


@pytest.fixture(scope="module")
def two_clips(tmp_path_factory: pytest.TempPathFactory) -> MadeArchive:
    """Return an archive with a clip of one frame and one of three."""
    made = make_archive(tmp_path_factory.mktemp("two"))
    (made.root / "index.csv").write_text(
        "source_path,start_frame,end_frame,new_name\n"
        "./pose_data/CMU/02/02_02_poses.npy,3,4,000009.npy\n"
        "./pose_data/KIT/3/walk 01_poses.npy,0,3,000000.npy\n"
    )
    return made


@pytest.mark.parametrize(("sensor", "realism"), EVERY)
def test_a_build_with_it_is_sound_described_and_exported(
    two_clips: MadeArchive, tmp_path: Path, sensor: str, realism: str
) -> None:
    options = two_clips.options(
        sensor=sensor, realism=realism, members=MEMBERS[realism], distance=4.0
    )
    out = tmp_path / "lidar"
    build_lidar(options, out, Execution())
    assert verify(out).sound
    samples = samples_of(Dataset.open(out))
    assert {len(sample["points.npy"]) for sample in samples.values()} == {1, 3}
    for sample in samples.values():
        assert np.isfinite(sample["points.npy"]).all()
        for name in filter(None, MEMBERS[realism].split(",")):
            assert sample[f"{name}.npy"].shape == sample["parts.npy"].shape
    assert sensor in str(info(out))
    export(out, tmp_path / "tree", ExportOptions(format="npy-tree"))
    assert len(list((tmp_path / "tree").rglob("*.npy"))) == len(samples)
