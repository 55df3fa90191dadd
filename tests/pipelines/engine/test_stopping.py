"""Builds stopped by a signal, the disk or another build: one sentence, and nothing half-written."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import InputError
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.jobs import ShardJob
from pipelines.engine.opened import Opened
from pipelines.engine.output_folder import OutputFolder, Run
from pipelines.engine.shard import ShardBuilder
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.product import LidarProduct
from tests.support.archive import MadeArchive
from tests.support.compare_builds import (
    expect_no_unfinished_files,
    expect_only_whole_files,
    expect_to_finish,
    files_of,
)
from tests.support.faults import FORKED, Fault, build_words, inject, run, start
from tests.support.warm_process import Unwatched

SHARD = "train/000000.tar"
SIGNALS = ("SIGTERM", "SIGINT")
BROKEN = {
    "a full disk at a write": (Fault("ENOSPC", "write", 200, SHARD), "No space left on device"),
    "a full disk at a new file": (Fault("ENOSPC", "open", 3), "No space left on device"),
    "a bad block at a write": (Fault("EIO", "write", 100, SHARD), "Input/output error"),
    "a bad block at a shard's fsync": (Fault("EIO", "fsync", file=SHARD), "Input/output error"),
    "a bad block at a folder's fsync": (Fault("EIO", "fsync", 2), "Input/output error"),
    "a receipt's fsync": (Fault("EIO", "fsync", file="receipts/train"), "Input/output error"),
    "a shard's rename": (Fault("EACCES", "rename", file=SHARD), "Permission denied"),
    "a receipt's rename": (Fault("EROFS", "rename", file="receipts/train"), "Read-only"),
    "the manifest's rename": (Fault("EIO", "rename", file="manifest"), "Input/output error"),
    "the statistics' write": (Fault("EDQUOT", "write", file="mean.npy"), "quota"),
    "dataset.json's fsync": (Fault("EIO", "fsync", file="dataset.json"), "Input/output error"),
}
"""What breaks, and what the sentence says of it."""


def expect_a_clean_end(out: Path, reference: dict[str, bytes], code: int, said: str) -> None:
    """Expect exit code 1, one sentence, and nothing unfinished in the folder.

    The choice of workers may be reported before.
    """
    assert code == 1, said
    (sentence,) = [line for line in said.splitlines() if not line.startswith("--workers auto: ")]
    assert sentence.startswith("motiondata: ")
    assert "run the same command again" in said
    expect_no_unfinished_files(out)
    expect_only_whole_files(out, reference)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("call", [1, 150])
def test_a_signal_ends_a_build_cleanly(
    archive: MadeArchive, out: Path, reference: dict[str, bytes], signal: str, call: int
) -> None:
    log = out.with_name("log")
    code = run(build_words(archive, out), log, Fault(signal, number=call))
    expect_a_clean_end(out, reference, code, log.read_text())
    assert "interrupted" in log.read_text()
    expect_to_finish(archive, out, reference)


@pytest.mark.slow
@pytest.mark.parametrize("signal", SIGNALS)
def test_a_signal_at_any_moment_ends_a_build_cleanly(
    archive: MadeArchive, out: Path, reference: dict[str, bytes], signal: str
) -> None:
    out.mkdir()
    for number, call in enumerate(np.random.default_rng(len(signal)).integers(1, 600, 15)):
        log, folder = out / f"{number}.log", out / str(number)
        code = run(build_words(archive, folder), log, Fault(signal, number=int(call)))
        if code != 0:
            expect_a_clean_end(folder, reference, code, log.read_text())
        expect_to_finish(archive, folder, reference)


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_is_said_and_nothing_is_left_half_written(
    archive: MadeArchive, out: Path, reference: dict[str, bytes], what: str
) -> None:
    fault, sentence = BROKEN[what]
    log = out.with_name("log")
    code = run(build_words(archive, out), log, fault)
    expect_a_clean_end(out, reference, code, log.read_text())
    assert sentence in log.read_text()
    expect_to_finish(archive, out, reference)


@pytest.mark.parametrize("kilobytes", [1, 30, 150])
def test_a_limit_on_the_size_of_files_is_said(
    archive: MadeArchive, out: Path, reference: dict[str, bytes], kilobytes: int
) -> None:
    log = out.with_name("log")
    code = run(build_words(archive, out), log, file_bytes=kilobytes * 1000)
    expect_a_clean_end(out, reference, code, log.read_text())
    assert "File too large" in log.read_text()
    expect_to_finish(archive, out, reference)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 200 kB, if this process may."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_a_build_goes_on_when_there_is_room(
    archive: MadeArchive, small_disk: Path, reference: dict[str, bytes]
) -> None:
    out, log = small_disk / "lidar", small_disk.with_name("log")
    code = run(build_words(archive, out), log)
    expect_a_clean_end(out, reference, code, log.read_text())
    assert "No space left on device" in log.read_text()
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    assert run(build_words(archive, out), log) == 0
    assert files_of(out) == reference


def test_of_two_builds_in_one_folder_one_refuses(
    archive: MadeArchive, out: Path, reference: dict[str, bytes]
) -> None:
    holder = start(
        build_words(archive, out), out.with_name("held"), Fault("SIGSTOP", "rename", file=SHARD)
    )
    while not [*out.glob(f"{SHARD}.*")]:
        assert holder.is_alive()
    log = out.with_name("log")
    assert run(build_words(archive, out), log) == 1
    assert f"another build is writing there (process {holder.pid} on " in log.read_text()
    assert run(build_words(archive, out, "--restart"), log) == 1
    holder.kill()
    holder.join()
    expect_to_finish(archive, out, reference)


def test_builds_started_at_once_in_one_folder_do_no_harm(
    archive: MadeArchive, out: Path, reference: dict[str, bytes]
) -> None:
    logs = [out.with_name(f"{number}.log") for number in range(3)]
    builds = [start(build_words(archive, out), log) for log in logs]
    for build in builds:
        build.join()
    assert {build.exitcode for build in builds} <= {0, 1}
    assert 0 in {build.exitcode for build in builds}
    expect_to_finish(archive, out, reference)


def build_first_shard(archive: MadeArchive, run: Run, fault: Fault | None) -> None:
    """Do what a worker of a run does with its first job."""
    options = archive.options()
    product = LidarProduct.of(options)
    plan, _ = product.plan_around({})
    job = ShardJob(plan.shards[0], product, run, "plan")
    if fault:
        inject(fault, pytest.MonkeyPatch())
    ShardBuilder(Opened())(job, Unwatched())


def test_a_worker_of_a_dead_run_gives_no_file_its_final_name(
    archive: MadeArchive, out: Path
) -> None:
    with OutputFolder(out).locked() as dead:
        pass
    build_lidar(archive.options(distance=5.0), out, Execution())
    left = files_of(out)
    with pytest.raises(AbortedError, match="another run has begun"):
        build_first_shard(archive, dead, None)
    assert files_of(out) == left


def test_a_worker_that_slept_through_a_restart_gives_no_file_its_final_name(
    archive: MadeArchive, out: Path
) -> None:
    with OutputFolder(out).locked() as dead:
        pass
    fault = Fault("SIGSTOP", "fsync", file="test/000000.tar")
    worker = FORKED.Process(target=build_first_shard, args=(archive, dead, fault))
    worker.start()
    while not [*out.glob("test/000000.tar.*")]:
        assert worker.is_alive()
    build_lidar(archive.options(distance=5.0), out, Execution(restart=True))
    left = files_of(out)
    subprocess.run(["kill", "-CONT", str(worker.pid)], check=True)
    worker.join()
    assert worker.exitcode == 1
    assert files_of(out) == left


@pytest.mark.parametrize("name", ["train", "receipts", "stats"])
def test_a_link_out_of_the_folder_is_refused(archive: MadeArchive, out: Path, name: str) -> None:
    elsewhere = out.with_name("elsewhere")
    elsewhere.mkdir()
    (elsewhere / "000000.tar").write_bytes(b"mine")
    build_lidar(archive.options(), out, Execution())
    (out / name).rename(out.with_name("moved"))
    (out / name).symlink_to(elsewhere)
    for restart in (False, True):
        with pytest.raises(InputError, match=r"link that leads out|other files"):
            build_lidar(archive.options(), out, Execution(restart=restart))
    assert [path.read_bytes() for path in elsewhere.iterdir()] == [b"mine"]
