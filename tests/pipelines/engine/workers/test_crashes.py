"""A recording that ends, hangs or bloats its worker costs only the clips of that recording."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet as pq
import pytest

from motiondata.errors import DropReason
from pipelines.datasets.verify import verify
from pipelines.engine.build import build
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.jobs import BuildShard, RowListener, ShardJob
from pipelines.engine.opened import Opened
from pipelines.engine.receipts import Receipt
from pipelines.engine.shard import ShardBuilder
from pipelines.engine.workers.crashes import Crash, CrashTracker
from pipelines.engine.workers.supervisor import MAX_UNEXPLAINED_CRASHES
from pipelines.products.lidar.product import LidarProduct
from shards.format.dataset import Dataset
from shards.format.publishing import TEMPORARY
from tests.support.archive import GOOD, MadeArchive
from tests.support.compare_builds import files_of
from tests.support.crashing_rows import build_crashing, harms_done, make_crashing_archive
from tests.test_layers import ROOT

T = TypeVar("T")

QUICK = Execution(clip_seconds=2.0, worker_gigabytes=0.5)
"""Limits that a clip of the small archive never meets, once kernels are loaded."""


def build_by(build_shard: BuildShard, archive: MadeArchive, out: Path) -> None:
    """Build an archive, with a given function that builds its shards."""
    build(LidarProduct.of(archive.options()), out, QUICK, build_shard=build_shard)


def drops_of(out: Path) -> dict[str, tuple[str, str]]:
    """Return the reason and the message of every drop of a row that crashes, by its key."""
    drops = pq.read_table(out / "drops.parquet").to_pylist()
    return {
        drop["key"]: (drop["reason"], drop["message"])
        for drop in drops
        if drop["key"].startswith("P")
    }


HARMS = {
    "abort 99": (DropReason.CRASHED, "crashed the worker, twice in a row"),
    "exit 99": (DropReason.CRASHED, "crashed the worker, twice in a row"),
    "hang 99": (DropReason.HUNG, "took longer than --clip-seconds, twice in a row"),
    "eat 99": (DropReason.OUT_OF_MEMORY, "took more memory than --worker-gigabytes"),
    "leak 99": (DropReason.OUT_OF_MEMORY, "took more memory than --worker-gigabytes"),
    "kill 99": (DropReason.CRASHED, "the worker was killed while it was in hand"),
}


def test_recordings_that_end_their_worker_cost_only_their_clips(tmp_path: Path, out: Path) -> None:
    archive = make_crashing_archive(tmp_path, *HARMS)
    build_crashing(archive, out, QUICK)
    assert verify(out).sound
    assert set(Dataset.open(out).manifest["key"].to_pylist()) == set(GOOD)
    dropped = drops_of(out)
    for number, (harm, (reason, words)) in enumerate(HARMS.items()):
        found, message = dropped[f"P{number}"]
        assert found == reason
        assert message.startswith(f"CMU/66/{harm}_poses.npz: ")
        assert words in message
    assert not list(out.rglob(f"*{TEMPORARY}"))
    assert not list(out.rglob("*.quarantine*"))
    assert Dataset.open(out).description.provenance["limited_drops"] == {
        "hung": {"rows": 1, "limit": "clip_seconds"},
        "out_of_memory": {"rows": 2, "limit": "worker_gigabytes"},
    }


@pytest.mark.parametrize("harm", ["abort 1", "exit 1", "eat 1", "kill 3"])
def test_a_crash_that_does_not_recur_costs_nothing(tmp_path: Path, out: Path, harm: str) -> None:
    archive = make_crashing_archive(tmp_path, harm)
    build_crashing(archive, out / "crashing", QUICK)
    assert harms_done(archive.root / "amass", harm.split()[0]) == int(harm.split()[1])
    build_crashing(archive, out / "healthy", QUICK)
    assert files_of(out / "crashing") == files_of(out / "healthy")
    assert not drops_of(out / "healthy")


def test_a_resumed_build_does_not_crash_on_the_same_row_again(tmp_path: Path, out: Path) -> None:
    archive = make_crashing_archive(tmp_path, "stop 1", "abort 99")
    with pytest.raises(KeyboardInterrupt):
        build_crashing(archive, out, QUICK)
    assert harms_done(archive.root / "amass", "abort") == 2
    build_crashing(archive, out, QUICK)
    assert harms_done(archive.root / "amass", "abort") == 2
    assert set(drops_of(out)) == {"P1"}
    assert verify(out).sound


def test_a_row_that_was_dropped_for_a_crash_can_be_tried_again(tmp_path: Path, out: Path) -> None:
    archive = make_crashing_archive(tmp_path, "abort 2")
    build_crashing(archive, out, QUICK)
    assert set(drops_of(out)) == {"P0"}
    build_crashing(archive, out, replace(QUICK, retry_dropped=True))
    assert not drops_of(out)
    assert set(Dataset.open(out).manifest["key"].to_pylist()) == {*GOOD, "P0"}
    assert verify(out).sound


def test_a_shard_whose_rows_all_crash_is_not_written(tmp_path: Path, out: Path) -> None:
    archive = make_crashing_archive(tmp_path, "abort 99")
    lines = (tmp_path / "index.csv").read_text().splitlines()
    kept = [line for line in lines if not any(name in line for name in GOOD) or "000003" in line]
    (tmp_path / "index.csv").write_text("\n".join(kept) + "\n")
    for name in ("train", "val", "test"):
        path = tmp_path / f"{name}.txt"
        names = [line for line in path.read_text().splitlines() if line in ("P0", "000003")]
        path.write_text("\n".join(names) + "\n")
    build_crashing(archive, out, QUICK)
    assert verify(out).sound
    assert not (out / "train/000000.tar").exists()


def die_before_any_row(job: ShardJob, listener: RowListener) -> Receipt:
    os._exit(3)


def test_crashes_that_no_row_explains_end_the_build(archive: MadeArchive, out: Path) -> None:
    with pytest.raises(AbortedError, match=rf"died {MAX_UNEXPLAINED_CRASHES} times .* no one clip"):
        build_by(die_before_any_row, archive, out)
    build_by(ShardBuilder(Opened()), archive, out)
    assert verify(out).sound


def die_during_a_message_once(job: ShardJob, listener: RowListener) -> Receipt:
    died = job.run.folder.path.with_name("died")
    if not died.exists():
        died.touch()
        connection = listener._connection  # type: ignore[attr-defined]
        os.write(connection.fileno(), (1000).to_bytes(4, "big") + b"fewer bytes than that")
        os._exit(3)
    return ShardBuilder(Opened())(job, listener)


def test_a_worker_that_dies_during_a_message_costs_nothing(archive: MadeArchive, out: Path) -> None:
    build_by(die_during_a_message_once, archive, out)
    assert out.with_name("died").exists()
    assert verify(out).sound
    assert set(Dataset.open(out).manifest["key"].to_pylist()) == set(GOOD)


class TwoWordError(Exception):
    """An error that pickle writes and cannot read."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def test_an_error_that_cannot_be_pickled_arrives_as_text_with_its_origin(
    archive: MadeArchive, out: Path
) -> None:
    def raise_it(job: ShardJob, listener: RowListener) -> Receipt:
        raise TwoWordError("no", "way")

    with pytest.raises(RuntimeError, match=r"TwoWordError\('no way'\)") as caught:
        build_by(raise_it, archive, out)
    assert "in raise_it" in "".join(caught.value.__notes__)


def test_an_error_of_a_worker_is_raised_to_the_caller_with_its_origin(
    archive: MadeArchive, out: Path
) -> None:
    def raise_it(job: ShardJob, listener: RowListener) -> Receipt:
        raise ZeroDivisionError(job.shard.name)

    with pytest.raises(ZeroDivisionError, match=r"test/000000\.tar") as caught:
        build_by(raise_it, archive, out)
    assert "in raise_it" in "".join(caught.value.__notes__)


def test_a_full_disk_is_reported_with_the_file_that_was_written(
    archive: MadeArchive, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def build_on_full_disk(job: ShardJob, listener: RowListener) -> Receipt:
        monkeypatch.setattr(os, "fsync", no_space)
        return ShardBuilder(Opened())(job, listener)

    with pytest.raises(AbortedError, match=r"No space left on device .*test/000000\.tar"):
        build_by(build_on_full_disk, archive, out)


def test_a_worker_dies_with_its_driver(tmp_path: Path, out: Path) -> None:
    archive = make_crashing_archive(tmp_path, "hang 99")
    program = (
        "import sys; from pathlib import Path\n"
        "from pipelines.engine.execution import Execution\n"
        "from tests.support.archive import MadeArchive\n"
        "from tests.support.crashing_rows import build_crashing\n"
        "build_crashing(MadeArchive(Path(sys.argv[1])), Path(sys.argv[2]), Execution())\n"
    )
    log = archive.root / "amass/hang.log"
    driver = subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(out)], cwd=ROOT)
    worker = Path("/proc") / wait_for(lambda: log.read_text().strip() if log.exists() else "")
    assert worker.exists()
    driver.kill()
    driver.wait()
    wait_for(lambda: not worker.exists())


def wait_for(condition: Callable[[], T]) -> T:
    """Wait until a condition holds, and return what it is then."""
    until = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    ("count", "blamed"),
    [
        ([(7, Crash.CRASHED)], False),
        ([(7, Crash.CRASHED), (7, Crash.CRASHED)], True),
        ([(7, Crash.CRASHED), (8, Crash.CRASHED)], False),
        ([(7, Crash.HUNG), (None, Crash.KILLED), (7, Crash.HUNG)], False),
        ([(7, Crash.KILLED), (7, Crash.CRASHED)], True),
        ([(7, Crash.KILLED)] * 3, False),
        ([(7, Crash.KILLED)] * 4, True),
        ([(None, Crash.CRASHED)] * 4, False),
    ],
)
def test_a_row_is_blamed_if_it_was_current_at_repeated_crashes(
    count: list[tuple[int | None, Crash]], blamed: bool
) -> None:
    tracker = CrashTracker()
    assert [tracker.blames_row(row, crash) for row, crash in count][-1] == blamed
