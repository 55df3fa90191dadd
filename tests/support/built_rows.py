"""A build of any recordings, one row per recording: makes the archive, and reports the result."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions
from shards.format.dataset import Dataset
from tests.support.archive import SENSOR
from tests.support.bad_recordings import Write
from tests.support.lidar_options import lidar_options
from tests.support.samples import iter_samples
from tests.support.small_body import small_arrays

HEADER = "source_path,start_frame,end_frame,new_name\n"
ROW_FRAMES = 9
"""Of each row, of the ten that each made recording has at 20 fps."""


@dataclass(frozen=True)
class Outcome:
    """What a build made of its rows."""

    out: Path
    samples: Mapping[str, Mapping[str, bytes]]
    """The members of each sample, by key."""
    drops: Mapping[str, tuple[str, str]]
    """The reason and the message of each drop, by key."""


def make_rows(root: Path, recordings: Mapping[str, Write]) -> LidarBuildOptions:
    """Write an archive of recordings, by the keys of their rows, and an index of them in order."""
    np.savez(root / "body.npz", **small_arrays())  # type: ignore[arg-type]
    (root / "sensor.toml").write_text(SENSOR)
    folder = root / "amass/CMU/01"
    folder.mkdir(parents=True)
    for key, write in recordings.items():
        write(folder / f"{key}_poses.npz")
    rows = (f"./pose_data/CMU/01/{key}_poses.npy,0,{ROW_FRAMES},{key}.npy\n" for key in recordings)
    (root / "index.csv").write_text(HEADER + "".join(rows))
    return options_of(root)


def options_of(root: Path) -> LidarBuildOptions:
    """Return the options of a small build of what was made below a folder."""
    return lidar_options(
        root / "index.csv",
        root / "amass",
        body=root / "body.npz",
        sensor=str(root / "sensor.toml"),
        points=16,
    )


def build(options: LidarBuildOptions, out: Path) -> Outcome:
    """Build, and check what holds of every build: it is sound, and a row is a sample or a drop."""
    build_lidar(options, out, Execution())
    assert verify(out).sound
    dataset = Dataset.open(out)
    samples = {
        key: members
        for split in dataset.description.splits
        for key, members in iter_samples(dataset, split)
    }
    listed = pq.read_table(out / "drops.parquet").to_pylist()
    drops = {drop["key"]: (drop["reason"], drop["message"]) for drop in listed}
    rows = [line for line in options.clips.index.read_text().splitlines()[1:] if line]
    assert len(rows) == len(samples) + len(listed)
    assert len(drops) == len(listed)
    assert not drops.keys() & samples.keys()
    return Outcome(out, samples, drops)
