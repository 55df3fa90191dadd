"""Nothing is written into a folder that holds another dataset."""

from pathlib import Path

import pytest

from motiondata.errors import InputError
from pipelines.datasets.export import export
from pipelines.datasets.export_options import ExportOptions
from pipelines.engine.execution import Execution
from pipelines.products.encoded_features.encode import encode_with
from pipelines.products.lidar.build import build_lidar
from pipelines.synthesis import synthesize
from pipelines.training.common.logs import logging_to
from shards.format.dataset import Dataset
from tests.pipelines.products.test_encoded_features import MEANS
from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of


@pytest.fixture
def features(built: Dataset, tmp_path: Path) -> Path:
    out = tmp_path / "features"
    encode_with(MEANS, built.path, out, Execution())
    return out


@pytest.mark.parametrize("below", ["", "deep/er"])
def test_a_finished_dataset_is_no_folder_for_other_files(
    built: Dataset, features: Path, below: str
) -> None:
    before = files_of(features)
    out = features / below
    with pytest.raises(InputError, match="outside of all datasets, found the finished dataset"):
        export(built.path, out, ExportOptions("npy-tree"))
    with pytest.raises(InputError, match="outside of all datasets"), logging_to(out, writes=True):
        pass
    with pytest.raises(InputError, match="outside of all datasets"):
        synthesize(out, 1, 0)
    assert files_of(features) == before
    assert not (features / "deep").exists()


@pytest.mark.parametrize("restart", [False, True])
def test_a_build_is_not_begun_in_a_dataset_of_another_kind(
    archive: MadeArchive, features: Path, restart: bool
) -> None:
    before = files_of(features)
    with pytest.raises(InputError, match=r"of another kind \(features\), expected one of lidar"):
        build_lidar(archive.options(), features, Execution(restart=restart))
    with pytest.raises(InputError, match="outside of all datasets"):
        build_lidar(archive.options(), features / "lidar", Execution(restart=restart))
    assert files_of(features) == before


def test_features_are_not_written_over_another_dataset_of_points(
    archive: MadeArchive, built: Dataset, out: Path
) -> None:
    build_lidar(archive.options(), out, Execution())
    before = files_of(out)
    with pytest.raises(InputError, match=r"of another kind \(lidar\), expected one of features"):
        encode_with(MEANS, built.path, out, Execution(restart=True))
    assert files_of(out) == before


def test_a_dataset_whose_description_is_damaged_can_be_built_again(
    archive: MadeArchive, out: Path
) -> None:
    build_lidar(archive.options(), out, Execution())
    before = files_of(out)
    (out / "dataset.json").write_bytes(b"{")
    build_lidar(archive.options(), out, Execution())
    assert files_of(out) == before
