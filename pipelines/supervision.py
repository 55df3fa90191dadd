"""A supervisor: it has one worker process, and outlives it.

A recording can crash the process that reads it, hang it, or eat its memory. Only another process
can tell which row that was, and see to it that the rest of the shard is built. A row is blamed only
when it was in hand at one death after another: a worker that is killed from outside costs nothing.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, replace

from pipelines.deaths import Death, Inquest
from pipelines.errors import GO_ON, AbortedError
from pipelines.jobs import BuildShard, ShardJob
from pipelines.options import Execution
from pipelines.quarantine import (
    Quarantined,
    find_quarantine,
    forget_quarantine,
    publish_quarantine,
)
from pipelines.receipts import receipt_path
from pipelines.worker import Done, PutDown, TakenUp, WorkerProcess
from shards.publishing import TEMPORARY

DEATHS_IN_VAIN = 5
"""After so many deaths of a job's workers that found no row to blame, the job is given up."""
GIGABYTE = 10**9
WATCH_SECONDS = 0.1
"""How long the worker is waited for at a time."""
SLEPT_SECONDS = 1.0
"""A wait that took so much longer than it should was spent asleep, in a job that a person or Slurm
had suspended (SIGSTOP): it does not count as the clip's time."""


@dataclass(frozen=True)
class Step:
    """How far a supervisor has come with its job. Small and plain: it travels between machines."""

    frames: int = 0
    """The frames of the job that are done; fewer than before where it had to begin again."""
    done: bool = False
    """Whether the shard and its receipt lie where they belong."""


class Supervisor:
    """One worker process after another, and one job at a time."""

    def __init__(self, build: BuildShard, execution: Execution) -> None:
        self._build = build
        self._clip_seconds = execution.clip_seconds
        self._memory_bytes = int(execution.worker_gigabytes * GIGABYTE)
        self._worker: WorkerProcess | None = None
        self._job: ShardJob | None = None
        self._step = Step()
        self._in_hand: int | None = None
        self._patience = 0.0
        """For how many seconds more the worker may be silent, as far as this process is awake."""
        self._inquest = Inquest()

    def begin(self, job: ShardJob) -> Step:
        """Take a job up, for `step` to carry on."""
        quarantine = find_quarantine(job.out, job.shard.name, job.plan)
        self._job = replace(job, quarantine=quarantine)
        self._inquest = Inquest()
        self._hand_over(self._job)
        return self._step

    def step(self, seconds: float) -> Step:
        """Watch over the job for so long, or until it is done, and tell how far it is.

        Raises what building the shard raised, and `AbortedError` where workers go on dying.
        """
        until = time.monotonic() + seconds
        while self._job is not None and (now := time.monotonic()) < until:
            wait = min(until - now, self._patience, WATCH_SECONDS)
            if self._running.pipe.poll(wait):
                self._listen(self._job)
                continue
            if time.monotonic() - now < wait + SLEPT_SECONDS:
                self._patience -= wait
            if self._patience <= 0:
                self._running.kill()
                self._bury(self._job, Death.HUNG)
        return self._step

    def close(self) -> None:
        """End the worker, whatever it is at."""
        if self._worker is not None:
            self._worker.kill()
            self._worker.bury()
        self._worker = self._job = None

    @property
    def _running(self) -> WorkerProcess:
        if self._worker is None:
            self._worker = WorkerProcess(self._build, self._memory_bytes)
        return self._worker

    def _hand_over(self, job: ShardJob) -> None:
        """Let the worker begin the job, from its first row."""
        self._step, self._in_hand = Step(), None
        with suppress(BrokenPipeError, ConnectionResetError):  # it died idle: `_listen` will tell
            self._running.pipe.send(job)
        self._patience = self._clip_seconds

    def _listen(self, job: ShardJob) -> None:
        """Take in what the worker has said: what it has in hand, an answer, or the end of it."""
        try:
            said = self._running.pipe.recv()
        except (EOFError, OSError):  # the second where it died in the middle of a word
            self._bury(job)
            return
        self._patience = self._clip_seconds
        match said:
            case TakenUp():
                self._in_hand = said.row
            case PutDown():
                self._in_hand = None
                self._step = Step(self._step.frames + said.frames)
            case Done():
                self._step, self._job = Step(self._step.frames, done=True), None
                with job.permit():
                    forget_quarantine(job.out, job.shard.name)
            case BaseException():
                self._job = None
                raise said

    def _bury(self, job: ShardJob, death: Death | None = None) -> None:
        """Clear up after a dead worker, blame a row if it is time, and begin the job again."""
        exit_code = self._running.bury()
        self._worker = None
        _remove_unfinished(job)
        death = death or Death.of(exit_code)
        if self._inquest.blames(self._suspect(job), death):
            job = self._job = self._without_row_in_hand(job, death)
            self._inquest = Inquest()
        elif self._inquest.deaths >= DEATHS_IN_VAIN:
            raise AbortedError(
                f"{job.shard.name}: its worker died {DEATHS_IN_VAIN} times ({death.name.lower()} "
                f"the last time, with exit code {exit_code}), and no one clip is to blame; {GO_ON}"
            )
        self._hand_over(job)

    def _suspect(self, job: ShardJob) -> int | None:
        """Return the row in hand, unless it is in quarantine: nothing of it was touched."""
        quarantined = {row.row for row in job.quarantine}
        return None if self._in_hand in quarantined else self._in_hand

    def _without_row_in_hand(self, job: ShardJob, death: Death) -> ShardJob:
        """Put the row in hand in quarantine."""
        clip = next(clip for clip in job.shard.clips if clip.row.number == self._in_hand)
        message = f"{clip.recording}: {death.message}"
        quarantined = Quarantined(clip.row.number, death.reason, message)
        job = replace(job, quarantine=(*job.quarantine, quarantined))
        publish_quarantine(job.out, job.shard.name, job.plan, job.quarantine, job.permit)
        return job


def _remove_unfinished(job: ShardJob) -> None:
    """Remove what the dead worker of a job left under temporary names."""
    with job.permit():
        for path in (job.path, receipt_path(job.out, job.shard.name)):
            for unfinished in path.parent.glob(f"{path.name}.*{TEMPORARY}"):
                unfinished.unlink(missing_ok=True)
