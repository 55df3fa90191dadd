"""Builds on a Ray cluster: two nodes, each with one worker, on this machine.

The cluster is real: a head, two raylets and their workers, which find each other by address alone.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.engine.jobs import RowListener, ShardJob
from pipelines.engine.opened import Opened
from pipelines.engine.output_folder import OutputFolder
from pipelines.engine.receipts import Receipt
from pipelines.engine.shard import ShardBuilder
from pipelines.engine.workers.executor import run_jobs
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions
from tests.pipelines.engine.workers.test_executor import jobs_of
from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of
from tests.support.lidar_options import with_parameters
from tests.support.reference_data import ROOT

STORE_BYTES = 80_000_000
"""Of each node's object store, which builds hardly use: Ray takes no less than 75 MB."""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Start a head and a second node of one worker each; end all their processes afterwards."""
    with ExitStack() as stack:
        # Ray notes the newest cluster's address in this folder; sockets' names must be short.
        folder = stack.enter_context(TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True))
        monkeypatch.setenv("RAY_TMPDIR", folder)
        monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        monkeypatch.setenv("PYTHONPATH", str(ROOT))  # as on nodes that have the package installed
        from ray.cluster_utils import Cluster

        started = Cluster()
        stack.callback(started.shutdown)
        for _ in range(2):
            started.add_node(num_cpus=1, object_store_memory=STORE_BYTES, include_dashboard=False)
        started.wait_for_nodes()
        yield started


def files_without_ray(options: LidarBuildOptions, out: Path) -> dict[str, bytes]:
    """Return the files of a dataset that this process builds alone."""
    build_lidar(options, out, Execution())
    return files_of(out)


def relative(options: LidarBuildOptions) -> LidarBuildOptions:
    """Return options whose paths lead from the current folder to the same files."""
    clips = options.clips
    paths = (clips.index, clips.amass, clips.body, options.scan.sensor)
    index, amass, body, sensor = (os.path.relpath(str(path)) for path in paths)
    return with_parameters(
        options, index=Path(index), amass=Path(amass), body=Path(body), sensor=sensor
    )


def test_two_nodes_give_the_bytes_of_one_process_from_relative_paths(
    cluster: Any, archive: MadeArchive, tmp_path: Path
) -> None:
    """Workers run in the folder in which their node was started, not in the driver's."""
    options = archive.options(views=40, shard_megabytes=1)
    expected = files_without_ray(options, tmp_path / "alone")
    with chdir(tmp_path):
        build_lidar(relative(options), Path("lidar"), Execution(ray_address=cluster.address))
    assert files_of(tmp_path / "lidar") == expected


@pytest.mark.slow
def test_a_node_that_dies_in_the_middle_costs_no_byte(
    cluster: Any, archive: MadeArchive, tmp_path: Path
) -> None:
    options = archive.options(views=300, shard_megabytes=1)
    expected = files_without_ray(options, tmp_path / "alone")
    out, execution = tmp_path / "lidar", Execution(ray_address=cluster.address)
    (doomed,) = cluster.worker_nodes
    raylet = doomed.all_processes["raylet"][0].process.pid
    killer = threading.Thread(target=kill_when_some_shards_are_built, args=(raylet, out))
    killer.start()
    build_lidar(options, out, execution)
    killer.join()
    assert files_of(out) == expected
    assert verify(out).sound


def kill_when_some_shards_are_built(raylet: int, out: Path) -> None:
    """Kill a process once there are two receipts, or half a minute has passed."""
    give_up = time.monotonic() + 30
    while len(list(out.glob("receipts/*-*.json"))) < 2 and time.monotonic() < give_up:
        time.sleep(0.02)
    os.kill(raylet, signal.SIGKILL)


def test_workers_on_this_machine_are_a_cluster_of_their_own_and_compute_on_one_thread(
    archive: MadeArchive, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a cluster that the environment names is joined, nor are statistics of use sent."""
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with OutputFolder(out).locked() as run:
        jobs = jobs_of(archive, run)
        list(run_jobs(build_and_tell, jobs, Execution(workers=1), lambda _: None))
    found = [json.loads(path.read_bytes()) for path in out.glob("*/*.environment")]
    assert [environment["OMP_NUM_THREADS"] for environment in found] == ["1"] * len(jobs)
    assert {environment["RAY_USAGE_STATS_ENABLED"] for environment in found} == {"0"}


def build_and_tell(job: ShardJob, listener: RowListener) -> Receipt:
    """Build a shard, and leave the worker's environment beside it."""
    receipt = ShardBuilder(Opened())(job, listener)
    job.path.with_suffix(".environment").write_text(json.dumps(dict(os.environ)))
    return receipt
