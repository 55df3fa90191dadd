"""Fixtures for tests of builds: a small archive, and a dataset built from it, made once.

A plugin of pytest that `tests/conftest.py` names. Its imports are in the fixtures, so that tests
without a build do not load them.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shards.format.dataset import Dataset
    from tests.support.archive import MadeArchive


@pytest.fixture(scope="session")
def _kernels_are_loaded() -> None:
    """Load the kernels, so that forked workers need not load or compile them."""
    importlib.import_module("tests.support.warm_process")


@pytest.fixture(scope="session")
def archive(
    tmp_path_factory: pytest.TempPathFactory,
    _kernels_are_loaded: None,
) -> "MadeArchive":
    """Return the small archive. Tests only read it."""
    from tests.support.archive import make_archive

    return make_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="session")
def built(archive: "MadeArchive", tmp_path_factory: pytest.TempPathFactory) -> "Dataset":
    """Build the archive's dataset, with mirrored clips and two views. Tests only read it."""
    from pipelines.engine.execution import Execution
    from pipelines.products.lidar.build import build_lidar
    from shards.format.dataset import Dataset

    out = tmp_path_factory.mktemp("built") / "lidar"
    build_lidar(archive.options(mirror=True, views=2), out, Execution())
    return Dataset.open(out)


@pytest.fixture(scope="session")
def reference(built: "Dataset") -> dict[str, bytes]:
    """Return the contents of the files of the built dataset."""
    from tests.support.compare_builds import files_of

    return files_of(built.path)


@pytest.fixture
def out(tmp_path: Path, _kernels_are_loaded: None) -> Path:
    """Return the path of an output folder, which does not exist yet."""
    return tmp_path / "lidar"
