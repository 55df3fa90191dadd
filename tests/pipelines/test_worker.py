"""A worker process: what it inherits from its parent, and what it leaves alone."""

import gc
import os
from pathlib import Path
from typing import Any

from pipelines.worker import Done, WorkerProcess

MEMORY_BYTES = 2**30


class Cycle:
    """Garbage that only a collector finds, and that writes down which process did."""

    def __init__(self, obituary: Path) -> None:
        self._itself = self
        self._obituary = obituary

    def __del__(self) -> None:
        with self._obituary.open("a") as file:
            file.write(f"{os.getpid()}\n")


def collect_garbage(job: Any, watcher: Any) -> None:
    gc.collect()


def test_garbage_of_the_parent_is_not_collected_by_a_worker(tmp_path: Path) -> None:
    gc.collect()
    gc.disable()
    Cycle(tmp_path / "obituary")
    worker = WorkerProcess(collect_garbage, MEMORY_BYTES)  # type: ignore[arg-type]
    worker.pipe.send("a job")
    answer = worker.pipe.recv()
    worker.kill()
    worker.bury()
    gc.enable()
    assert isinstance(answer, Done)
    assert not (tmp_path / "obituary").exists()
    gc.collect()
    assert (tmp_path / "obituary").read_text() == f"{os.getpid()}\n"
