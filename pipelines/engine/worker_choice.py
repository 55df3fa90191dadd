"""Choose the number of workers of a build: this process, or Ray with one worker per core.

Ray takes seconds to start, so it is worth its start only if the workers save more than that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from motiondata.counting import counted
from pipelines.engine.execution import AUTO, Execution
from pipelines.engine.machine import usable_cpus, usable_memory
from pipelines.engine.product import Product

RAY_START_SECONDS = 10.0
"""Seconds to start Ray with two workers and to stop it. Measured on two cores of a virtual machine
(AMD EPYC) that other programs used too: 8.5 to 12.6 s (`python -m benchmarks.scale.ray_start`)."""
USUAL_GIGABYTES = 1.0
"""Memory that a worker on Ray usually needs, in units of 10^9 bytes: at most 0.2 for its clips
(`python -m benchmarks.scale.memory`), the rest for libraries, the encoder, and Ray. The limit
`worker_gigabytes` is for the worst clip, which workers do not meet at the same time."""
GIGABYTE = 10**9


@dataclass(frozen=True)
class WorkerChoice:
    """A number of workers, and why it was chosen."""

    workers: int
    """Number of Ray workers; 0: this process."""
    reason: str

    def describe(self) -> str:
        """Describe the choice in one line."""
        place = f"{counted(self.workers, 'worker')} on Ray" if self.workers else "this process"
        return f"--workers {AUTO}: {place}, because {self.reason}"


def choose_for(
    product: Product, frames: Sequence[int], execution: Execution
) -> WorkerChoice | None:
    """Choose the workers that build shards with these numbers of frames.

    Returns None if there is nothing to choose: the user has named a number of workers or a cluster,
    or there is no shard to build.
    """
    if execution.workers != AUTO or execution.ray_address is not None or not len(frames):
        return None
    return choose_workers(
        frames=int(sum(frames)),
        shards=len(frames),
        seconds_per_frame=product.seconds_per_frame,
        cpus=usable_cpus(),
        memory_bytes=usable_memory(),
        worker_gigabytes=execution.worker_gigabytes,
    )


def choose_workers(
    *,
    frames: int,
    shards: int,
    seconds_per_frame: float | None,
    cpus: int,
    memory_bytes: int,
    worker_gigabytes: float,
) -> WorkerChoice:
    """Choose this process or Ray for `shards` shards of about the same size.

    `seconds_per_frame` is the product's estimate for one process, or None if there is none.
    """
    if shards == 1:
        return WorkerChoice(0, "one shard is to be built")
    if cpus == 1:
        return WorkerChoice(0, "one processor may be used")
    if seconds_per_frame is None:
        return WorkerChoice(0, "there is no estimate of the time of this build")
    fitting = int(memory_bytes / GIGABYTE // min(worker_gigabytes, USUAL_GIGABYTES))
    workers = min(cpus, shards, fitting)
    if workers < 2:
        return WorkerChoice(0, f"{memory_bytes / GIGABYTE:.1f} GB of memory are available")
    alone = frames * seconds_per_frame
    together = RAY_START_SECONDS + alone * ceil(shards / workers) / shards
    if alone <= together:
        return WorkerChoice(
            0, f"the work takes about {alone:,.0f} s here, and {together:,.0f} s with Ray's start"
        )
    limit = {shards: "one per shard", cpus: "one per core"}.get(workers, "as memory permits")
    return WorkerChoice(
        workers,
        f"the work takes about {together:,.0f} s with them, and {alone:,.0f} s without ({limit})",
    )
