"""Small whole builds of every sensor of `motiondata sensors` with a preset of realism.

Each preset has its own file of tests, so that they run side by side.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motiondata.lidar.preset_names import SENSOR_NAMES
from pipelines.datasets.export import export
from pipelines.datasets.export_options import ExportOptions
from pipelines.datasets.info import info
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive, make_archive
from tests.support.samples import samples_of

ALWAYS = {"none": ("qt128", "livox-avia"), "sensor": ("vlp-16",),
          "street": ("hdl-32e", "livox-mid-360")}  # fmt: skip
"""Both kinds of rays with every preset; the columns of a real unit; a wide field of view."""
MEMBERS = {"none": "", "sensor": "intensity,time", "street": "beam,column,label"}


def every_sensor(realism: str) -> list[Any]:
    """Return the names of all sensors as parameters; most are slow."""
    always = ALWAYS[realism]
    return [
        pytest.param(sensor, marks=[] if sensor in always else [pytest.mark.slow])
        for sensor in SENSOR_NAMES
    ]


def two_clips(folder: Path) -> MadeArchive:
    """Return an archive with a clip of one frame and one of three."""
    made = make_archive(folder)
    (made.root / "index.csv").write_text(
        "source_path,start_frame,end_frame,new_name\n"
        "./pose_data/CMU/02/02_02_poses.npy,3,4,000009.npy\n"
        "./pose_data/KIT/3/walk 01_poses.npy,0,3,000000.npy\n"
    )
    return made


def expect_a_sound_build(made: MadeArchive, folder: Path, sensor: str, realism: str) -> None:
    """Build both clips, and compare all files that are written with what they should be."""
    options = made.options(sensor=sensor, realism=realism, members=MEMBERS[realism], distance=4.0)
    out = folder / "lidar"
    build_lidar(options, out, Execution())
    assert verify(out).sound
    samples = samples_of(Dataset.open(out))
    assert {len(sample["points.npy"]) for sample in samples.values()} == {1, 3}
    for sample in samples.values():
        assert np.isfinite(sample["points.npy"]).all()
        for name in filter(None, MEMBERS[realism].split(",")):
            assert sample[f"{name}.npy"].shape == sample["parts.npy"].shape
    assert sensor in str(info(out))
    export(out, folder / "tree", ExportOptions(format="npy-tree"))
    assert len(list((folder / "tree").rglob("*.npy"))) == len(samples)
