"""A crew: the actors on Ray that carry a build's jobs out, as their driver sees them.

Each has one job in flight, so that whoever dies takes one job along and we know which; the job goes
to another one. Ray itself is handed in, as `pipelines.scheduling` has started it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from pipelines.errors import GO_ON, AbortedError
from pipelines.jobs import ShardJob
from pipelines.supervision import Step

STEP_SECONDS = 2.0
"""How often an actor tells how far it is: a driver may have a thousand of them."""
SILENT_SECONDS = 300.0
"""How long all workers together may be silent; a cluster that grows takes minutes for a node."""
ACTOR_DEATHS = 3
"""After so many deaths of the actors that had it, a job is given up."""

OnFrames = Callable[[int], None]
"""Called with the number of frames done since it was last called; below 0 where work was lost."""


@dataclass
class _Worker:
    """An actor, as the driver sees it."""

    actor: Any
    job: ShardJob | None = None
    """None until the actor has said that it is there, and while there is nothing to do."""
    step: Step = field(default_factory=Step)

    @property
    def task(self) -> str:
        """What it is at, by name."""
        return self.job.shard.name if self.job else "starting"


class Crew:
    """Which worker has which job, and how many frames all have done."""

    def __init__(self, ray: Any, hire: Callable[[], Any], on_frames: OnFrames) -> None:
        self._ray = ray
        self._hire = hire
        self._on_frames = on_frames
        self._waiting: Iterator[ShardJob] = iter(())
        self._idle: list[_Worker] = []
        self._busy: dict[Any, _Worker] = {}
        self._deaths: Counter[str] = Counter()

    def work(self, jobs: Sequence[ShardJob], count: int) -> Iterator[str]:
        """Hand out jobs, one in flight a worker, and yield the names of shards as they are done."""
        self._waiting = iter(jobs)
        for _ in range(count):
            self._add_worker()
        finished = 0
        while finished < len(jobs):
            for worker, step in self._next_steps():
                shard = self._take_in(worker, step)
                if shard is not None:
                    finished += 1
                    yield shard
            for job in islice(self._waiting, len(self._idle)):
                self._hand_out(self._idle.pop(), job)

    def _add_worker(self) -> None:
        """Ask for a worker; its first step, of nothing, tells that it is there."""
        self._watch(_Worker(self._hire()))

    def _hand_out(self, worker: _Worker, job: ShardJob) -> None:
        worker.job, worker.step = job, Step()
        self._busy[worker.actor.begin.remote(job)] = worker

    def _watch(self, worker: _Worker) -> None:
        self._busy[worker.actor.step.remote(STEP_SECONDS)] = worker

    def _next_steps(self) -> Iterator[tuple[_Worker, Step | None]]:
        """Wait for one of the workers; yield each that has come further, None where it died."""
        done, _ = self._ray.wait(list(self._busy), timeout=SILENT_SECONDS)
        if not done:
            raise AbortedError(
                f"none of {len(self._busy)} workers has answered for {SILENT_SECONDS:.0f} s: check "
                f"`ray status` for free CPUs; {GO_ON}"
            )
        for reference in done:
            yield self._busy.pop(reference), self._get(reference)

    def _get(self, reference: Any) -> Step | None:
        try:
            step: Step = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from error
        except self._ray.exceptions.RayError:
            return None
        return step

    def _take_in(self, worker: _Worker, step: Step | None) -> str | None:
        """Count what a worker has done, and decide what it does next; name a shard that is done."""
        self._on_frames((step or Step()).frames - worker.step.frames)
        if step is None:
            self._replace(worker)
            return None
        self._deaths.pop("starting", None)
        worker.step = step
        if worker.job is not None and not step.done:
            self._watch(worker)
            return None
        job, worker.job = worker.job, None
        self._idle.append(worker)
        return job.shard.name if job else None

    def _replace(self, dead: _Worker) -> None:
        """Put a new worker in the place of one that died with its node, or was killed."""
        self._deaths[dead.task] += 1
        if self._deaths[dead.task] >= ACTOR_DEATHS:
            raise AbortedError(
                f"{ACTOR_DEATHS} Ray workers died in a row ({dead.task}): check "
                f"`ray status`; {GO_ON}"
            )
        self._ray.kill(dead.actor)
        if dead.job is not None:
            self._waiting = chain([dead.job], self._waiting)
        self._add_worker()
