"""Permits: a process that was suspended publishes nothing in the folder of another run."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.datasets.statistics import write_statistics
from pipelines.datasets.verify import verify
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.output_folder import OutputFolder
from pipelines.products.lidar.build import build_lidar
from shards.format.dataset import Dataset
from shards.format.paths import DATASET
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
    late = OutputFolder(out).locked()
    late.__enter__()
    shutil.rmtree(out)
    with OutputFolder(out).locked():
        unfinished = out / f"manifest.parquet.{'0' * 16}.tmp"
        unfinished.touch()
        late.__exit__(None, None, None)
        assert unfinished.exists()
    expect_no_unfinished_files(out)


@pytest.fixture
def mine(built: Dataset, out: Path) -> Path:
    """Copy the built dataset, so that a test may change it."""
    return shutil.copytree(built.path, out)


NOTE = {"stats/note": b"late"}


def test_no_statistics_are_added_to_a_dataset_while_a_build_runs_in_its_folder(
    built: Dataset, mine: Path
) -> None:
    with (
        OutputFolder(mine).locked(),
        pytest.raises(AbortedError, match=r"another build is writing there .*run this again"),
    ):
        write_statistics(Dataset.open(mine), mine, NOTE)
    assert files_of(mine) == files_of(built.path)
    write_statistics(Dataset.open(mine), mine, NOTE)
    assert (mine / "stats/note").exists()


def test_statistics_can_be_added_to_a_dataset_without_its_receipts(mine: Path) -> None:
    shutil.rmtree(mine / "receipts")
    write_statistics(Dataset.open(mine), mine, NOTE)
    assert (mine / "stats/note").exists()
