"""LiDAR builds at other frame rates."""

from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import InputError
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarOptions
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive
from tests.support.samples import samples_of

HERE = Execution(workers=0)


def built(archive: MadeArchive, out: Path, **parameters: object) -> Dataset:
    """Build scans of the archive in this process."""
    build_lidar(archive.options(**parameters), out, HERE)
    return Dataset.open(out)


def test_a_frame_rate_is_resampled_and_stands_in_every_sample(
    archive: MadeArchive, tmp_path: Path
) -> None:
    slow = samples_of(built(archive, tmp_path / "reference"))
    dataset = built(archive, tmp_path / "sixty", fps="60")
    fast = samples_of(dataset)
    assert dataset.description.parameters["fps"] == 60.0
    assert set(dataset.manifest["fps"].to_pylist()) == {60.0}
    for key, sample in slow.items():
        assert sample["json"]["fps_out"] == 20.0
        assert fast[key]["json"]["fps_out"] == 60.0
        assert len(fast[key]["points.npy"]) == 3 * len(sample["points.npy"])
        np.testing.assert_allclose(fast[key]["pose.npy"][::3], sample["pose.npy"], atol=1e-6)


def test_the_default_rate_is_humanml3ds_and_is_not_recorded(
    archive: MadeArchive, tmp_path: Path
) -> None:
    dataset = built(archive, tmp_path / "default")
    named = built(archive, tmp_path / "named", fps="reference")
    assert "fps" not in dataset.description.parameters
    assert named.content_hash == dataset.content_hash


def test_a_rate_has_one_spelling(archive: MadeArchive) -> None:
    ten = [archive.options(fps=word).parameters("sensor") for word in ("10", "10.0", "1e1")]
    assert ten[0] == ten[1] == ten[2]


@pytest.mark.parametrize("word", ["0", "-1", "fast", "nan", "1e9"])
def test_other_rates_are_refused(word: str) -> None:
    with pytest.raises(InputError, match="fps: expected reference, or a number"):
        LidarOptions(fps=word)
