"""A crew: the actors on Ray that carry a build's jobs out, as their driver sees them.

Each has one job in flight, so that whoever dies takes one job along and we know which; the job goes
to another one. Ray itself is handed in, as `pipelines.engine.workers.executor` has started it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from pipelines.engine.errors import RESUME_HINT, AbortedError
from pipelines.engine.jobs import ShardJob
from pipelines.engine.workers.supervisor import JobProgress

STEP_SECONDS = 2.0
"""How often an actor tells how far it is: a driver may have a thousand of them."""
SILENT_SECONDS = 300.0
"""How long all workers together may be silent; a cluster that grows takes minutes for a node."""
MAX_ACTOR_CRASHES = 3
"""After so many deaths of the actors that had it, a job is given up."""

OnFrames = Callable[[int], None]
"""Called with the number of frames done since it was last called; below 0 where work was lost."""


@dataclass
class _PoolWorker:
    """An actor, as the driver sees it."""

    actor: Any
    job: ShardJob | None = None
    """None until the actor has said that it is there, and while there is nothing to do."""
    step: JobProgress = field(default_factory=JobProgress)

    @property
    def task(self) -> str:
        """What it is at, by name."""
        return self.job.shard.name if self.job else "starting"


class RayPool:
    """Which worker has which job, and how many frames all have done."""

    def __init__(self, ray: Any, start_worker: Callable[[], Any], on_frames: OnFrames) -> None:
        self._ray = ray
        self._start_worker = start_worker
        self._on_frames = on_frames
        self._waiting: Iterator[ShardJob] = iter(())
        self._idle: list[_PoolWorker] = []
        self._busy: dict[Any, _PoolWorker] = {}
        self._crashes: Counter[str] = Counter()

    def work(self, jobs: Sequence[ShardJob], count: int) -> Iterator[str]:
        """Hand out jobs, one in flight a worker, and yield the names of shards as they are done."""
        self._waiting = iter(jobs)
        for _ in range(count):
            self._add_worker()
        finished = 0
        while finished < len(jobs):
            for worker, step in self._next_steps():
                shard = self._handle_progress(worker, step)
                if shard is not None:
                    finished += 1
                    yield shard
            for job in islice(self._waiting, len(self._idle)):
                self._assign(self._idle.pop(), job)

    def _add_worker(self) -> None:
        """Ask for a worker; its first step, of nothing, tells that it is there."""
        self._watch(_PoolWorker(self._start_worker()))

    def _assign(self, worker: _PoolWorker, job: ShardJob) -> None:
        worker.job, worker.step = job, JobProgress()
        self._busy[worker.actor.begin.remote(job)] = worker

    def _watch(self, worker: _PoolWorker) -> None:
        self._busy[worker.actor.step.remote(STEP_SECONDS)] = worker

    def _next_steps(self) -> Iterator[tuple[_PoolWorker, JobProgress | None]]:
        """Wait for one of the workers; yield each that has come further, None where it died."""
        done, _ = self._ray.wait(list(self._busy), timeout=SILENT_SECONDS)
        if not done:
            raise AbortedError(
                f"none of {len(self._busy)} workers has answered for {SILENT_SECONDS:.0f} s: check "
                f"`ray status` for free CPUs; {RESUME_HINT}"
            )
        for reference in done:
            yield self._busy.pop(reference), self._get(reference)

    def _get(self, reference: Any) -> JobProgress | None:
        try:
            step: JobProgress = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from error
        except self._ray.exceptions.RayError:
            return None
        return step

    def _handle_progress(self, worker: _PoolWorker, step: JobProgress | None) -> str | None:
        """Count what a worker has done, and decide what it does next; name a shard that is done."""
        self._on_frames((step or JobProgress()).frames - worker.step.frames)
        if step is None:
            self._replace(worker)
            return None
        self._crashes.pop("starting", None)
        worker.step = step
        if worker.job is not None and not step.done:
            self._watch(worker)
            return None
        job, worker.job = worker.job, None
        self._idle.append(worker)
        return job.shard.name if job else None

    def _replace(self, dead: _PoolWorker) -> None:
        """Put a new worker in the place of one that died with its node, or was killed."""
        self._crashes[dead.task] += 1
        if self._crashes[dead.task] >= MAX_ACTOR_CRASHES:
            raise AbortedError(
                f"{MAX_ACTOR_CRASHES} Ray workers died in a row ({dead.task}): check "
                f"`ray status`; {RESUME_HINT}"
            )
        self._ray.kill(dead.actor)
        if dead.job is not None:
            self._waiting = chain([dead.job], self._waiting)
        self._add_worker()
