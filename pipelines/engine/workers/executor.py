"""Run jobs: one after another from this process, or on Ray. Only this file imports Ray.

A job builds one shard. A supervisor runs it in a separate worker process, so that a crash affects
one known job. On Ray, each actor is a supervisor with one job at a time. Jobs are small and plain,
and are created when they are assigned. Supervisors return only the progress of a job: its receipt
stays where it was written. No array passes through Ray's object store.
"""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from math import ceil, floor
from typing import Any
from urllib.parse import urlsplit

from motiondata.counting import counted
from motiondata.devices import CUDA
from pipelines.engine.errors import AbortedError, RayNotStartedError
from pipelines.engine.execution import Execution
from pipelines.engine.jobs import BuildShard, ShardJob
from pipelines.engine.workers.ray_environment import joined_cluster, own_cluster
from pipelines.engine.workers.ray_pool import OnFrames, RayPool
from pipelines.engine.workers.supervisor import JobProgress, Supervisor

STEP_SECONDS = 0.5
"""The interval at which a supervisor reports progress."""
CONNECT_SECONDS = 5.0
"""The time within which a cluster's address must answer."""
SHARES = 10_000
"""Ray allocates a GPU in units of 1/`SHARES`."""

RunAll = Callable[[Sequence[ShardJob], Execution, OnFrames], Generator[str]]
"""Runs jobs, and yields the names of their shards as they finish."""
RunJobs = Callable[[BuildShard, Sequence[ShardJob], Execution, OnFrames], Generator[str]]
"""Runs jobs by the given function, and yields the names of their shards as they finish."""


def run_jobs(
    build: BuildShard, jobs: Sequence[ShardJob], execution: Execution, on_frames: OnFrames
) -> Generator[str]:
    """Run all jobs, and yield the names of their shards as they finish, in no particular order.

    Without a cluster, jobs run from this process if there is only one or if `workers` is 0 or
    `auto`, because Ray takes seconds to start. A named cluster is used for a single job too.
    Closing the generator ends the workers. Raises `RayNotStartedError` if Ray does not start,
    `AbortedError` if workers keep dying, and any error that building a shard raised.
    """
    on_cluster = execution.ray_address is not None and len(jobs) > 0
    if on_cluster or (execution.ray_workers > 0 and len(jobs) > 1):
        yield from _run_on_ray(build, jobs, execution, on_frames)
    else:
        with closing(Supervisor(build, execution)) as supervisor:
            for job in jobs:
                _run_here(supervisor, job, on_frames)
                yield job.shard.name


def _run_here(supervisor: Supervisor, job: ShardJob, on_frames: OnFrames) -> None:
    supervisor.begin(job)
    step = JobProgress()
    while not step.done:
        before, step = step, supervisor.step(STEP_SECONDS)
        on_frames(step.frames - before.frames)


def _run_on_ray(
    build: BuildShard, jobs: Sequence[ShardJob], execution: Execution, on_frames: OnFrames
) -> Iterator[str]:
    with _started(execution) as ray:
        count = min(len(jobs), execution.ray_workers or int(ray.cluster_resources().get("CPU", 1)))
        share = gpu_share(execution, jobs[0].product.device, ray.cluster_resources(), count)
        actor = _actor(ray).options(num_cpus=1, num_gpus=share)
        yield from RayPool(ray, lambda: actor.remote(build, execution), on_frames).work(jobs, count)


def _actor(ray: Any) -> Any:
    """Return the supervisor as a Ray actor class.

    The class is created here so that a worker process loads its bases one by one, `Isolated` first.
    """
    from motiondata.isolated import Isolated

    return ray.remote(type(Supervisor.__name__, (Isolated, Supervisor), {}))


def gpu_share(
    execution: Execution, device: str, resources: Mapping[str, float], workers: int
) -> float:
    """Return the share of a GPU that Ray reserves per worker, so that all workers can be placed.

    Raises `AbortedError` if a GPU is requested and Ray has none.
    """
    if execution.gpus_per_worker is not None or device != CUDA:
        return execution.gpus_per_worker or 0.0
    gpus = int(resources.get("GPU", 0))
    if gpus == 0:
        raise AbortedError(
            "--device cuda: expected a GPU among Ray's resources, found none (see `ray status`, "
            "and CUDA_VISIBLE_DEVICES): use --device cpu without one"
        )
    return floor(SHARES / ceil(workers / gpus)) / SHARES


@contextmanager
def _started(execution: Execution) -> Iterator[Any]:
    """Start Ray, or join the named cluster. Yield the `ray` module, and shut down afterwards."""
    cluster = execution.ray_address
    wanted = cluster or f"{counted(execution.ray_workers, 'worker')} on this machine"
    hint = ""
    with ExitStack() as stack:
        try:
            if cluster:
                _expect_answer(cluster)
                hint = stack.enter_context(joined_cluster(cluster))
                ray = _init_ray({"address": cluster})
            else:
                folder = stack.enter_context(own_cluster())
                ray = _init_ray(_alone(folder, execution.ray_workers))
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise RayNotStartedError(
                f"Ray did not start ({wanted}): {error}. {hint}Check `ray status`, or build "
                "in this process with --workers 0 and without --ray-address"
            ) from error
        stack.callback(ray.shutdown)
        yield ray


def _alone(folder: str, workers: int) -> Mapping[str, Any]:
    return {
        "address": "local",
        "num_cpus": workers,
        "include_dashboard": False,
        "_temp_dir": folder,
    }


def _init_ray(where: Mapping[str, Any]) -> Any:
    with _signal_handler_kept():
        import ray

        _read_environment_again()
        try:
            ray.init(**where, logging_level=logging.WARNING, log_to_driver=False)
        except ray.exceptions.RayError as error:
            raise ConnectionError(str(error).partition(". ")[0]) from error
    return ray


def _read_environment_again() -> None:
    """Make Ray discard the settings and the token of an earlier cluster of this process."""
    with suppress(ImportError):  # Ray before 2.5x has no tokens
        from ray._raylet import (  # type: ignore[attr-defined]
            AuthenticationTokenLoader,
            Config,
        )

        Config.initialize("")
        AuthenticationTokenLoader.instance().reset_cache()


def _expect_answer(address: str) -> None:
    """Raise `OSError` quickly if no process listens; Ray itself would wait half a minute."""
    found = urlsplit(address if "://" in address else f"//{address}")
    if found.hostname and found.port:
        socket.create_connection((found.hostname, found.port), CONNECT_SECONDS).close()


@contextmanager
def _signal_handler_kept() -> Iterator[None]:
    """Preserve our SIGTERM handler: Ray sets one that exits with the signal's number."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)
