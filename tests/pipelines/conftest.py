"""An archive and a dataset built from it, made once for all tests of the pipelines."""

from pathlib import Path

import pytest

from pipelines.build import build_lidar
from pipelines.building import build_shard
from pipelines.inputs import find_inputs
from pipelines.jobs import ShardJob
from pipelines.occupation import occupying
from pipelines.options import Execution
from pipelines.plan import make_plan
from shards.dataset import Dataset
from tests.pipelines.made_archive import MadeArchive, make_archive
from tests.pipelines.resuming import files_of


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> MadeArchive:
    return make_archive(tmp_path_factory.mktemp("archive"))


class Unwatched:
    """A watcher whom nothing interests."""

    def take_up(self, row: int) -> None:
        pass

    def put_down(self, frames: int) -> None:
        pass


@pytest.fixture(scope="session", autouse=True)
def _kernels_are_loaded(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Build a shard in this process, so that forked workers need not load or compile anything."""
    options, out = archive.options(limit=1), tmp_path_factory.mktemp("loaded")
    paths = find_inputs(options)
    with occupying(out) as run:
        (shard,) = make_plan(options, paths).shards
        build_shard(ShardJob(shard, options, paths, out, "", run), Unwatched())


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
