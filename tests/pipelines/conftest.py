"""An archive and a dataset built from it, made once for all tests of the pipelines."""

import importlib
from pathlib import Path

import pytest

from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive, make_archive
from tests.support.compare_builds import files_of


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> MadeArchive:
    return make_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="session", autouse=True)
def _kernels_are_loaded() -> None:
    """Forked workers need not load or compile what this process has loaded."""
    importlib.import_module("tests.support.warm_process")


@pytest.fixture(scope="session")
def built(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Build the archive's dataset, with mirrored clips and two views."""
    out = tmp_path_factory.mktemp("built") / "lidar"
    build_lidar(archive.options(mirror=True, views=2), out, Execution())
    return Dataset.open(out)


@pytest.fixture(scope="session")
def reference(built: Dataset) -> dict[str, bytes]:
    """Return what the files of the built dataset hold."""
    return files_of(built.path)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "lidar"
