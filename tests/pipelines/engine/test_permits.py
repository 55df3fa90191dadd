"""Permits: a process that was suspended publishes nothing in the folder of another run."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from pipelines.datasets.verify import verify
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.run_lock import locked_run, while_finished
from pipelines.products.lidar.build import build_lidar
from shards.format.dataset import Dataset
from shards.format.paths import DATASET
from shards.format.publishing import publish
from tests.support.archive import MadeArchive
from tests.support.compare_builds import expect_no_unfinished_files, files_of
from tests.support.faults import Fault, build_words, start


def is_stopped(process: int) -> bool:
    return "\nState:\tT" in Path(f"/proc/{process}/status").read_text()


@pytest.mark.parametrize("file", ["manifest.parquet", "drops.parquet", "mean.npy", DATASET])
def test_a_driver_that_slept_publishes_nothing_in_another_plans_folder(
    archive: MadeArchive, out: Path, file: str
) -> None:
    log = out.with_name("log")
    late = start(build_words(archive, out), log, Fault("SIGSTOP", "fsync", file=file))
    assert late.pid is not None
    while not is_stopped(late.pid):
        assert late.is_alive(), log.read_text()
    shutil.rmtree(out)
    build_lidar(archive.options(distance=5.0), out, Execution())
    left = files_of(out)
    subprocess.run(["kill", "-CONT", str(late.pid)], check=True)
    late.join()
    assert late.exitcode == 1
    assert "another run has begun there" in log.read_text()
    assert files_of(out) == left
    assert verify(out).sound


def test_a_run_that_ends_late_leaves_the_unfinished_files_of_another_one(out: Path) -> None:
    late = locked_run(out)
    late.__enter__()
    shutil.rmtree(out)
    with locked_run(out):
        unfinished = out / f"manifest.parquet.{'0' * 16}.tmp"
        unfinished.touch()
        late.__exit__(None, None, None)
        assert unfinished.exists()
    expect_no_unfinished_files(out)


@pytest.fixture
def mine(built: Dataset, out: Path) -> Path:
    """Copy the built dataset, so that a test may change it."""
    return shutil.copytree(built.path, out)


def write_late(path: Path, dataset_json: bytes) -> None:
    publish(path / "stats/note", b"of the old one", partial(while_finished, path, dataset_json))


def test_what_was_computed_of_a_dataset_is_not_written_into_its_successor(
    archive: MadeArchive, mine: Path
) -> None:
    before = (mine / DATASET).read_bytes()
    write_late(mine, before)
    build_lidar(archive.options(distance=5.0), mine, Execution(restart=True))
    with pytest.raises(AbortedError, match=r"dataset\.json was replaced or removed"):
        write_late(mine, before)
    assert verify(mine).sound


def test_nothing_is_written_into_a_dataset_while_a_build_is_at_work_in_its_folder(
    mine: Path,
) -> None:
    dataset_json = (mine / DATASET).read_bytes()
    with locked_run(mine), pytest.raises(AbortedError, match="a build is writing there"):
        write_late(mine, dataset_json)
    write_late(mine, dataset_json)


def test_a_dataset_without_its_receipts_can_be_added_to(mine: Path) -> None:
    shutil.rmtree(mine / "receipts")
    write_late(mine, (mine / DATASET).read_bytes())
    assert (mine / "stats/note").exists()
