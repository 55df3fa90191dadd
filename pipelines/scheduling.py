"""How jobs are run: one after another in this process, or on Ray. Only this file knows Ray.

A job is one shard, its function a plain one that writes its own file and returns a small receipt:
no array travels through Ray's object store. An actor a worker loads the body once and compiles
once; it has one job at a time, so that whatever dies takes one job with it and we know which.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from motiondata.errors import MotionDataError
from pipelines.jobs import ShardJob
from pipelines.options import Execution
from pipelines.receipts import Receipt

POLL_SECONDS = 0.5
"""How often the driver asks the workers how far they are."""


class SchedulingError(MotionDataError):
    """Raised when workers cannot be started, or die."""


OnFrames = Callable[[int], None]
"""Called with the number of frames done since it was last called."""


BuildShard = Callable[[ShardJob, OnFrames], Receipt]
"""What carries a job out: it writes the shard and returns its receipt."""


def run_jobs(
    build: BuildShard, jobs: Sequence[ShardJob], execution: Execution, on_frames: OnFrames
) -> Iterator[Receipt]:
    """Run all jobs and yield their receipts as they finish, in no particular order.

    A plan of a single job, or no workers and no cluster, is run in this process: Ray alone takes
    seconds to start. Raises `SchedulingError` where Ray does not start or a worker dies.
    """
    wants_ray = execution.workers > 0 or execution.ray_address is not None
    if wants_ray and len(jobs) > 1:
        yield from _run_on_ray(build, jobs, execution, on_frames)
    else:
        yield from (build(job, on_frames) for job in jobs)


def _run_on_ray(
    build: BuildShard, jobs: Sequence[ShardJob], execution: Execution, on_frames: OnFrames
) -> Iterator[Receipt]:
    ray = _start_ray(execution)
    try:
        count = min(len(jobs), execution.workers or int(ray.cluster_resources().get("CPU", 1)))
        crew = _Crew(ray, build, count, list(jobs), on_frames)
        yield from crew.work()
    finally:
        ray.shutdown()


def _start_ray(execution: Execution) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    where: dict[str, Any] = (
        {"address": execution.ray_address}
        if execution.ray_address
        else {"address": "local", "num_cpus": execution.workers, "include_dashboard": False}
    )
    try:
        ray.init(**where, logging_level=logging.WARNING, log_to_driver=False)
    except (ConnectionError, OSError, RuntimeError, ValueError, TimeoutError) as error:
        wanted = execution.ray_address or f"{execution.workers} workers on this machine"
        raise SchedulingError(
            f"Ray did not start ({wanted}): {error}. Check `ray status`, or build without Ray "
            f"by leaving out --workers and --ray-address"
        ) from error
    return ray


class _Worker:
    """What runs on a Ray worker: jobs one at a time, and beside them the count of frames done."""

    def __init__(self, build: BuildShard) -> None:
        self._build = build
        self._frames = 0

    def run(self, job: ShardJob) -> Receipt:
        return self._build(job, self._count)

    def _count(self, frames: int) -> None:
        self._frames += frames

    def frames(self) -> int:
        return self._frames


@dataclass
class _Crew:
    """The driver's side: which worker has which job, and how many frames all have done."""

    ray: Any
    build: BuildShard
    count: int
    waiting: list[ShardJob]
    on_frames: OnFrames
    busy: dict[Any, Any] = field(default_factory=dict)
    reported: int = 0

    def work(self) -> Iterator[Receipt]:
        """Hand out jobs, one in flight a worker, and yield receipts as they come."""
        remote = self.ray.remote(_Worker).options(num_cpus=1, max_concurrency=2)
        self.waiting.reverse()
        workers = [remote.remote(self.build) for _ in range(self.count)]
        for worker in workers:
            self._hand_out(worker)
        while self.busy:
            done, _ = self.ray.wait(list(self.busy), timeout=POLL_SECONDS)
            for reference in done:
                worker = self.busy.pop(reference)
                receipt = self._get(reference)
                self._hand_out(worker)
                yield receipt
            self._report(workers)

    def _hand_out(self, worker: Any) -> None:
        if self.waiting:
            self.busy[worker.run.remote(self.waiting.pop())] = worker

    def _report(self, workers: list[Any]) -> None:
        frames = sum(self._get([worker.frames.remote() for worker in workers]))
        self.on_frames(frames - self.reported)
        self.reported = frames

    def _get(self, references: Any) -> Any:
        try:
            return self.ray.get(references)
        except self.ray.exceptions.RayActorError as error:
            raise SchedulingError(
                f"a worker died in the middle of a shard: {error}. What is finished is kept: "
                f"run the same command again to go on"
            ) from error
        except self.ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            raise cause from error
