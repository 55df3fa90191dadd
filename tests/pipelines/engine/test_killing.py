"""Builds that are stopped, at named moments and at random ones, and what they leave.

Whatever stops a build: no final name holds anything but a whole file, and the same command run
again finishes to the bytes of a build that was not stopped, without a finished shard built twice.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tests.support.archive import MadeArchive
from tests.support.compare_builds import (
    expect_no_unfinished_files,
    expect_only_whole_files,
    expect_to_finish,
    files_of,
)
from tests.support.faults import KILLED, Fault, build_words, run, start

SHARD = "train/000000.tar"
MOMENTS = {
    "before anything is written": Fault("SIGKILL", "open"),
    "after a temporary file is opened": Fault("SIGKILL", "open", file=SHARD, after=True),
    "after half of a shard's members": Fault("SIGKILL", "write", 200, file=SHARD),
    "after a shard's last byte": Fault("SIGKILL", "fsync", file=SHARD),
    "before a shard's rename": Fault("SIGKILL", "rename", file=SHARD),
    "between rename and receipt": Fault("SIGKILL", "rename", file=SHARD, after=True),
    "before a receipt's rename": Fault("SIGKILL", "rename", file="receipts/train"),
    "after a receipt": Fault("SIGKILL", "rename", file="receipts/train", after=True),
    "between the last receipt and the manifest": Fault("SIGKILL", "open", file="manifest"),
    "between the manifest and dataset.json": Fault("SIGKILL", "open", file="dataset.json"),
    "after dataset.json": Fault("SIGKILL", "rename", file="dataset.json", after=True),
}
"""When the build is killed."""


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_build_killed_at_a_named_moment_can_be_finished(
    archive: MadeArchive, out: Path, reference: dict[str, bytes], moment: str
) -> None:
    assert run(build_words(archive, out), out.with_name("log"), MOMENTS[moment]) == KILLED
    expect_only_whole_files(out, reference)
    expect_to_finish(archive, out, reference)


def test_moments_are_what_their_names_say(
    archive: MadeArchive, tmp_path: Path, reference: dict[str, bytes]
) -> None:
    def left_by(moment: str) -> dict[str, int]:
        out = tmp_path / str(list(MOMENTS).index(moment))
        run(build_words(archive, out), tmp_path / "log", MOMENTS[moment])
        files = [path for path in out.rglob("*") if path.is_file()]
        return {path.relative_to(out).as_posix(): path.stat().st_size for path in files}

    def size_of_unfinished(left: dict[str, int]) -> int:
        (size,) = (size for name, size in left.items() if name.endswith(".tmp"))
        return size

    assert size_of_unfinished(left_by("after a temporary file is opened")) == 0
    half = size_of_unfinished(left_by("after half of a shard's members"))
    assert 0.3 < half / len(reference[SHARD]) < 0.7
    renamed = left_by("between rename and receipt")
    assert SHARD in renamed
    assert "receipts/train-000000.json" not in renamed
    with_receipts = left_by("between the last receipt and the manifest")
    receipts = {f"receipts/{split}-000000.json" for split in ("train", "val", "test")}
    assert receipts <= with_receipts.keys()
    assert not any(name.startswith("manifest") for name in with_receipts)


def children_of(process: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children")
                .read_text().split()]  # fmt: skip
    except FileNotFoundError:
        return []


def family_of(process: int) -> Iterator[int]:
    """Yield a process and all those that come from it."""
    yield process
    for child in children_of(process):
        yield from family_of(child)


def kill(processes: list[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def expect_random_kills_to_cost_nothing(
    archive: MadeArchive, out: Path, reference: dict[str, bytes], count: int
) -> None:
    out.mkdir()
    started = time.monotonic()
    assert run(build_words(archive, out / "whole"), out / "log") == 0
    whole_seconds = time.monotonic() - started
    moments = np.random.default_rng(count)
    for number in range(count):
        folder = out / str(number)
        build = start(build_words(archive, folder), out / "log")
        time.sleep(moments.uniform(0, whole_seconds))
        build.kill()
        build.join()
        expect_only_whole_files(folder, reference)
        expect_to_finish(archive, folder, reference)


def test_kills_at_a_few_random_moments_cost_nothing(
    archive: MadeArchive, out: Path, reference: dict[str, bytes]
) -> None:
    expect_random_kills_to_cost_nothing(archive, out, reference, 5)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_at_forty_random_moments_cost_nothing(
    archive: MadeArchive, out: Path, reference: dict[str, bytes]
) -> None:
    expect_random_kills_to_cost_nothing(archive, out, reference, 40)


def test_a_build_killed_again_and_again_comes_to_its_end(
    archive: MadeArchive, out: Path, reference: dict[str, bytes]
) -> None:
    for number in range(1, 400, 57):
        fault = Fault("SIGKILL", number=number)
        if run(build_words(archive, out), out.with_name("log"), fault) == 0:
            break
        expect_only_whole_files(out, reference)
    expect_to_finish(archive, out, reference)


def kill_workers_at_random(archive: MadeArchive, out: Path, count: int) -> None:
    """Run a build whose worker process is killed that often, a moment apart."""
    build = start(build_words(archive, out), out.with_name("log"))
    assert build.pid is not None
    moments = np.random.default_rng(count)
    for _ in range(count):
        while build.is_alive() and not children_of(build.pid):
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.3))
        kill(children_of(build.pid))
    build.join()
    assert build.exitcode == 0, out.with_name("log").read_text()


@pytest.mark.parametrize("count", [1, 3])
def test_killed_workers_cost_nothing(
    archive: MadeArchive, out: Path, reference: dict[str, bytes], count: int
) -> None:
    kill_workers_at_random(archive, out, count)
    assert files_of(out) == reference
    expect_no_unfinished_files(out)


def ray_workers(driver: int) -> list[int]:
    """Return the processes of a driver's cluster that build shards: actors' and their workers'."""

    def is_actor(process: int) -> bool:
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{process}/cmdline").read_bytes().startswith(b"ray::Supervisor")
        return False

    return [process for process in family_of(driver) if is_actor(process)]


RAY_VICTIMS: dict[str, Callable[[int], list[int]]] = {
    "the driver": lambda driver: [driver],
    "all workers": ray_workers,
    "all processes": lambda driver: list(family_of(driver)),
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("shards", range(4))
@pytest.mark.parametrize("victims", RAY_VICTIMS)
def test_kills_on_ray_cost_nothing(
    archive: MadeArchive, out: Path, reference: dict[str, bytes], victims: str, shards: int
) -> None:
    """Kill as soon as a number of the three shards are built; the driver still has to end Ray."""
    words = build_words(archive, out, "--workers", 2)
    driver = subprocess.Popen([sys.executable, "-m", "cli", *words], stderr=subprocess.PIPE)
    while not ray_workers(driver.pid) and driver.poll() is None:
        time.sleep(0.02)
    while len(list(out.glob("receipts/*-*.json"))) < shards and driver.poll() is None:
        time.sleep(0.02)
    kill(RAY_VICTIMS[victims](driver.pid))
    said = driver.communicate()[1].decode()
    expect_only_whole_files(out, reference)
    assert driver.returncode == (0 if victims == "all workers" else KILLED), said
    expect_to_finish(archive, out, reference)
