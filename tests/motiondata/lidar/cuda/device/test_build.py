"""Whole builds on the GPU, in a worker that is forked before the GPU is opened."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from tests.support.archive import make_archive
from tests.support.samples import iter_samples

POINTS = 4
EXACT = {"points.npy", "joints.npy", "pose.npy", "trans.npy", "parts.npy", "hits.npy"}
EXTRA = {"intensity.npy", "time.npy", "beam.npy", "column.npy", "label.npy"}


@pytest.mark.parametrize(
    ("realism", "members"), [("none", ""), ("street", "intensity,time,beam,column,label")]
)
def test_a_build_is_the_processors_but_for_the_last_bits(
    realism: str, members: str, tmp_path: Path
) -> None:
    archive = make_archive(tmp_path)
    for device in ("cpu", "cuda"):
        options = archive.options(
            points=POINTS, limit=1, device=device, realism=realism, members=members
        )
        build_lidar(options, tmp_path / device, Execution())
    cpu, cuda = Dataset.open(tmp_path / "cpu"), Dataset.open(tmp_path / "cuda")
    assert cuda.description.parameters["device"] == "cuda"
    pairs = zip(iter_samples(cuda, "train"), iter_samples(cpu, "train"), strict=True)
    for (key, found), (expected_key, expected) in pairs:
        assert key == expected_key
        assert EXACT | (EXTRA if members else set()) <= found.keys() == expected.keys()
        points = [decode_member(".npy", sample.pop("points.npy")) for sample in (found, expected)]
        np.testing.assert_allclose(points[0], points[1], atol=1e-5)
        assert found == expected
