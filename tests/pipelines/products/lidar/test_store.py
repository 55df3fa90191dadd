"""Scans whose points are stored in half of their bytes (`--store`)."""

from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import InputError
from pipelines.datasets.statistics import stats
from pipelines.datasets.verify import verify
from pipelines.editing.build import edit
from pipelines.editing.combine import merge
from pipelines.editing.commands import select
from pipelines.engine.build import build
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarOptions
from pipelines.products.lidar.product import LidarProduct
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.format.stored_types import INT16, STORED
from tests.pipelines.products.lidar.test_build import stop_after
from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of

HERE = Execution(workers=0)
ERRORS = {"float16": 0.004, "int16": 0.000125}
"""The stated errors in meters, of people up to 16 m away."""


def built(archive: MadeArchive, out: Path, store: str) -> Path:
    """Build scans of the archive in this process."""
    build_lidar(archive.options(store=store), out, HERE)
    return out


@pytest.mark.parametrize("store", STORED)
def test_points_have_the_stated_error_and_their_own_statistics(
    archive: MadeArchive, tmp_path: Path, store: str
) -> None:
    exact = open_dataset(built(archive, tmp_path / "exact", "float32"))
    small = open_dataset(built(archive, tmp_path / "small", store))
    verify(small.dataset.path)
    for key in exact:
        error = np.abs(np.asarray(small[key]["points"]) - np.asarray(exact[key]["points"]))
        assert 0 < error.max() <= ERRORS[store]
    before = files_of(small.dataset.path)
    for split in small.dataset.description.splits:
        stats(small.dataset.path, split, "points")
        (small.dataset.path / "stats" / split / "points" / "histograms.json").unlink()
    assert files_of(small.dataset.path) == before
    assert small.dataset.description.parameters["store"] == store
    assert "store" not in exact.dataset.description.parameters


def test_bytes_do_not_depend_on_workers_or_a_stop(archive: MadeArchive, tmp_path: Path) -> None:
    expected = files_of(built(archive, tmp_path / "here", INT16))
    options = archive.options(store=INT16)
    build_lidar(options, tmp_path / "workers", Execution(workers=2))
    assert files_of(tmp_path / "workers") == expected
    with pytest.raises(KeyboardInterrupt):
        build(LidarProduct.of(options), tmp_path / "again", HERE, build_shard=stop_after(1))
    build_lidar(options, tmp_path / "again", HERE)
    assert files_of(tmp_path / "again") == expected


def test_edits_keep_what_is_stored_and_merge_refuses_a_mixture(
    archive: MadeArchive, tmp_path: Path
) -> None:
    exact = built(archive, tmp_path / "exact", "float32")
    small = built(archive, tmp_path / "small", INT16)
    key = Dataset.open(small).manifest["key"][0].as_py()
    edit(lambda: select(small, [key]), [small], tmp_path / "one", HERE)
    one, all_ = open_dataset(tmp_path / "one"), open_dataset(small)
    np.testing.assert_array_equal(one[key]["points"], all_[key]["points"])
    verify(tmp_path / "one")
    with pytest.raises(InputError, match=r"points\.npy.* stored as int16"):
        merge([exact, small])


def test_other_types_are_refused() -> None:
    with pytest.raises(InputError, match="store: expected one of float32, float16, int16"):
        LidarOptions(store="int8")
