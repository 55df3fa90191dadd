"""The pool of Ray actors that run the jobs of a build, from the driver's side.

Each actor has one job in flight, so that the death of an actor affects one known job, which goes to
another actor. The `ray` module is passed in after `pipelines.engine.workers.executor` has started
Ray.
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
"""The interval at which an actor reports progress. A driver may have a thousand actors."""
SILENT_SECONDS = 300.0
"""The time without an answer from any worker after which the build stops. A cluster that scales up
takes minutes to add a node."""
MAX_ACTOR_CRASHES = 3
"""The number of actor deaths at one job, or in succession at start, that stops the build."""

OnFrames = Callable[[int], None]
"""Called with the number of frames done since the last call; negative if work was lost."""


@dataclass
class _PoolWorker:
    """An actor, from the driver's side."""

    actor: Any
    job: ShardJob | None = None
    """The current job; None until the actor has first answered, and while it is idle."""
    step: JobProgress = field(default_factory=JobProgress)

    @property
    def task(self) -> str:
        """The name of its shard, or `starting`."""
        return self.job.shard.name if self.job else "starting"


class RayPool:
    """Assigns jobs to workers and reports the frames that are done."""

    def __init__(self, ray: Any, start_worker: Callable[[], Any], on_frames: OnFrames) -> None:
        self._ray = ray
        self._start_worker = start_worker
        self._on_frames = on_frames
        self._waiting: Iterator[ShardJob] = iter(())
        self._idle: list[_PoolWorker] = []
        self._busy: dict[Any, _PoolWorker] = {}
        self._crashes: Counter[str] = Counter()

    def work(self, jobs: Sequence[ShardJob], count: int) -> Iterator[str]:
        """Assign jobs to `count` workers, and yield the names of shards as they finish.

        Each worker has one job in flight. Raises `AbortedError` if no worker answers for
        `SILENT_SECONDS` or if actors keep dying, and any error that building a shard raised.
        """
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
        """Request a worker. The answer to its first, empty step shows that it has started."""
        self._watch(_PoolWorker(self._start_worker()))

    def _assign(self, worker: _PoolWorker, job: ShardJob) -> None:
        worker.job, worker.step = job, JobProgress()
        self._busy[worker.actor.begin.remote(job)] = worker

    def _watch(self, worker: _PoolWorker) -> None:
        self._busy[worker.actor.step.remote(STEP_SECONDS)] = worker

    def _next_steps(self) -> Iterator[tuple[_PoolWorker, JobProgress | None]]:
        """Wait for a worker. Yield each that answered with its progress, or None if it died."""
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
        """Count a worker's progress and give it its next task. Return its shard's name if done."""
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
        """Replace a worker that was killed or died with its node."""
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
