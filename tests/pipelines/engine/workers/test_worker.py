"""A worker process: what it inherits from its parent, and what it leaves alone."""

import gc
import json
import multiprocessing
import os
import resource
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine.workers.worker import ShardFinished, WorkerProcess

MEMORY_BYTES = 2**30


class Cycle:
    """Garbage that only a collector finds, and that writes down which process did."""

    def __init__(self, obituary: Path) -> None:
        self._itself = self
        self._obituary = obituary

    def __del__(self) -> None:
        with self._obituary.open("a") as file:
            file.write(f"{os.getpid()}\n")


def collect_garbage(job: Any, listener: Any) -> None:
    gc.collect()


def test_garbage_of_the_parent_is_not_collected_by_a_worker(tmp_path: Path) -> None:
    gc.collect()
    gc.disable()
    Cycle(tmp_path / "obituary")
    worker = WorkerProcess(collect_garbage, MEMORY_BYTES)
    worker.pipe.send("a job")
    answer = worker.pipe.recv()
    worker.kill()
    worker.reap()
    gc.enable()
    assert isinstance(answer, ShardFinished)
    assert not (tmp_path / "obituary").exists()
    gc.collect()
    assert (tmp_path / "obituary").read_text() == f"{os.getpid()}\n"


def tell_limits(job: Any, listener: Any) -> None:
    limits = {name: resource.getrlimit(getattr(resource, name)) for name in job["names"]}
    job["to"].write_text(json.dumps(limits))


def limits_of_a_worker(limits: dict[str, tuple[int, int]], memory_bytes: int, path: Path) -> None:
    """Start a worker in a process that has limits, and let the worker write down its own."""
    for name, limit in limits.items():
        resource.setrlimit(getattr(resource, name), limit)
    worker = WorkerProcess(tell_limits, memory_bytes)
    worker.pipe.send({"names": list(limits), "to": path})
    worker.pipe.recv()
    worker.kill()
    worker.reap()


@pytest.mark.parametrize("hard", [2**32, resource.RLIM_INFINITY])
def test_a_limit_on_data_below_the_workers_own_stays(tmp_path: Path, hard: int) -> None:
    """Batch systems set it; a hard one cannot be raised."""
    path = tmp_path / "limits.json"
    limits = {"RLIMIT_DATA": (2**32, hard), "RLIMIT_CORE": (0, 0)}
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=limits_of_a_worker, args=(limits, 2**33, path))
    process.start()
    process.join()
    assert process.exitcode == 0
    found = json.loads(path.read_text())
    assert found == {"RLIMIT_DATA": [2**32, 2**32], "RLIMIT_CORE": [0, 0]}
