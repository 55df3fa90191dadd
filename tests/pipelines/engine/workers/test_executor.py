"""Ray: which values are sent, and what happens if it does not start or its processes die."""

import dataclasses
import multiprocessing
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motiondata.errors import InputError
from pipelines.datasets.verify import verify
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.jobs import ShardJob
from pipelines.engine.opened import Opened
from pipelines.engine.output_folder import OutputFolder, Run
from pipelines.engine.shard import ShardBuilder
from pipelines.engine.workers.executor import gpu_share, run_jobs
from pipelines.engine.workers.supervisor import Supervisor
from pipelines.products.lidar.build import build_lidar
from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of
from tests.support.crashing_rows import (
    CrashingProduct,
    build_crashing,
    harms_done,
    make_crashing_archive,
)
from tests.support.faults import build_words

SMALL = 100_000
"""Bytes: Ray sends what is smaller along with the call, and the rest through its object store."""


def jobs_of(archive: MadeArchive, run: Run) -> list[ShardJob]:
    options = archive.options()
    product = CrashingProduct.of(options)
    shards = product.plan_around({}).plan.shards
    return [ShardJob(shard, product, run, "plan") for shard in shards]


def values_in(value: Any) -> Iterator[object]:
    """Yield a value and everything in it."""
    yield value
    if dataclasses.is_dataclass(value):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple | set):
        for part in value:
            yield from values_in(part)


def test_what_is_sent_is_small_and_has_no_array(archive: MadeArchive, out: Path) -> None:
    traveling: list[object] = [Execution()]
    with (
        OutputFolder(out).locked() as run,
        closing(Supervisor(ShardBuilder(Opened()), Execution())) as supervisor,
    ):
        for job in jobs_of(archive, run):
            traveling += [job, step := supervisor.begin(job)]
            while not step.done:
                traveling.append(step := supervisor.step(0.1))
    for part in traveling:
        assert len(pickle.dumps(part)) < SMALL
        assert not any(isinstance(value, np.ndarray) for value in values_in(part))


@pytest.mark.parametrize("harms", [[], ["abort 1"], ["abort 99", "exit 1"]])
def test_frames_that_are_lost_are_counted_once(tmp_path: Path, out: Path, harms: list[str]) -> None:
    archive = make_crashing_archive(tmp_path, *harms)
    counted: list[int] = []
    with OutputFolder(out).locked() as run:
        jobs = jobs_of(archive, run)
        for _ in run_jobs(ShardBuilder(Opened()), jobs, Execution(), counted.append):
            pass
    assert sum(counted) == sum(clip.frames for job in jobs for clip in job.shard.clips)


def test_a_worker_ends_when_nobody_wants_its_receipts(tmp_path: Path, out: Path) -> None:
    archive = make_crashing_archive(tmp_path, "hang 99")
    with OutputFolder(out).locked() as run:
        receipts = run_jobs(ShardBuilder(Opened()), jobs_of(archive, run), Execution(), print)
        next(receipts)
        assert multiprocessing.active_children()
        receipts.close()
        assert not multiprocessing.active_children()


def test_ray_drops_the_same_rows_and_replaces_what_dies_with_the_same_bytes(
    tmp_path: Path, out: Path
) -> None:
    archive = make_crashing_archive(tmp_path, "kill-parent 1", "abort 99")
    before = signal.getsignal(signal.SIGTERM)
    build_crashing(archive, out / "ray", Execution(workers=2))
    assert harms_done(archive.root / "amass", "kill-parent") == 1
    build_crashing(archive, out / "here", Execution())
    assert files_of(out / "ray") == files_of(out / "here")
    assert "crashed the worker" in (out / "ray/receipts/train-000000.json").read_text()
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.slow
def test_a_job_whose_actors_keep_dying_ends_the_build_which_can_be_resumed(
    tmp_path: Path, out: Path
) -> None:
    archive = make_crashing_archive(tmp_path, "kill-parent 3")
    with pytest.raises(AbortedError, match=r"3 Ray workers died in a row \(train/000000\.tar\)"):
        build_crashing(archive, out, Execution(workers=2))
    build_crashing(archive, out, Execution())
    assert verify(out).sound


def closed_port() -> int:
    """Return a port of this machine at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "nowhere.invalid:1"])
def test_a_cluster_that_is_not_there_is_a_sentence_at_once(
    archive: MadeArchive, out: Path, form: str
) -> None:
    address = form.format(closed_port())
    started = time.monotonic()
    with pytest.raises(AbortedError, match=rf"Ray did not start \({address}\).*ray status"):
        build_lidar(archive.options(), out, Execution(ray_address=address))
    assert time.monotonic() - started < 20


@pytest.mark.slow
def test_what_listens_but_is_no_cluster_is_a_sentence_in_less_than_a_minute(
    archive: MadeArchive, out: Path
) -> None:
    """Run the program as users do: Ray reads its time limits once a process."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        words = [*build_words(archive, out), "--ray-address", address]
        done = subprocess.run(
            [sys.executable, "-m", "cli", *words], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 1
    assert "Ray did not start" in done.stderr


def test_less_than_no_workers_are_refused() -> None:
    with pytest.raises(InputError, match="0 or more"):
        Execution(workers=-1)


@pytest.mark.parametrize(
    ("gpus", "workers", "share"),
    [(1, 1, 1.0), (1, 3, 0.3333), (2, 3, 0.5), (8, 3, 1.0), (2, 16, 0.125)],
)
def test_every_worker_has_its_share_of_a_gpu(gpus: int, workers: int, share: float) -> None:
    """Two workers of 0.67 of a GPU would leave two GPUs no room for the third."""
    assert gpu_share(Execution(), "cuda", {"GPU": gpus}, workers) == share


def test_a_given_share_is_used_and_none_on_processors() -> None:
    assert gpu_share(Execution(gpus_per_worker=2), "cuda", {"GPU": 8}, 4) == 2
    assert gpu_share(Execution(), "cpu", {"GPU": 8}, 4) == 0


def test_a_cluster_without_gpus_is_refused() -> None:
    with pytest.raises(AbortedError, match="expected a GPU among Ray's resources"):
        gpu_share(Execution(), "cuda", {"CPU": 4}, 4)
