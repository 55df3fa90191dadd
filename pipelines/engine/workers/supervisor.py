"""A supervisor: it has one worker process, and outlives it.

A recording can crash the process that reads it, hang it, or eat its memory. Only another process
can tell which row that was, and see to it that the rest of the shard is built. A row is blamed only
when it was in hand at one death after another: a worker that is killed from outside costs nothing.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, replace

from pipelines.engine.errors import RESUME_HINT, AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.jobs import BuildShard, ShardJob
from pipelines.engine.quarantine import (
    QuarantinedRow,
    find_quarantine,
    forget_quarantine,
    publish_quarantine,
)
from pipelines.engine.receipts import receipt_path
from pipelines.engine.workers.crashes import Crash, CrashTracker
from pipelines.engine.workers.worker import RowFinished, RowStarted, ShardFinished, WorkerProcess
from shards.format.publishing import TEMPORARY

MAX_UNEXPLAINED_CRASHES = 5
"""After so many deaths of a job's workers that found no row to blame, the job is given up."""
GIGABYTE = 10**9
WATCH_SECONDS = 0.1
"""How long the worker is waited for at a time."""
SLEPT_SECONDS = 1.0
"""A wait that took so much longer than it should was spent asleep, in a job that a person or Slurm
had suspended (SIGSTOP): it does not count as the clip's time."""


@dataclass(frozen=True)
class JobProgress:
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
        self._step = JobProgress()
        self._current_row: int | None = None
        self._patience = 0.0
        """For how many seconds more the worker may be silent, as far as this process is awake."""
        self._crashes = CrashTracker()

    def begin(self, job: ShardJob) -> JobProgress:
        """Take a job up, for `step` to carry on."""
        quarantine = find_quarantine(job.out, job.shard.name, job.plan)
        self._job = replace(job, quarantine=quarantine)
        self._crashes = CrashTracker()
        self._send_job(self._job)
        return self._step

    def step(self, seconds: float) -> JobProgress:
        """Watch over the job for so long, or until it is done, and tell how far it is.

        Raises what building the shard raised, and `AbortedError` where workers go on dying.
        """
        until = time.monotonic() + seconds
        while self._job is not None and (now := time.monotonic()) < until:
            wait = min(until - now, self._patience, WATCH_SECONDS)
            if self._running.pipe.poll(wait):
                self._receive(self._job)
                continue
            if time.monotonic() - now < wait + SLEPT_SECONDS:
                self._patience -= wait
            if self._patience <= 0:
                self._running.kill()
                self._handle_crash(self._job, Crash.HUNG)
        return self._step

    def close(self) -> None:
        """End the worker, whatever it is at."""
        if self._worker is not None:
            self._worker.kill()
            self._worker.reap()
        self._worker = self._job = None

    @property
    def _running(self) -> WorkerProcess:
        if self._worker is None:
            self._worker = WorkerProcess(self._build, self._memory_bytes)
        return self._worker

    def _send_job(self, job: ShardJob) -> None:
        """Let the worker begin the job, from its first row."""
        self._step, self._current_row = JobProgress(), None
        with suppress(BrokenPipeError, ConnectionResetError):  # it died idle: `_receive` will tell
            self._running.pipe.send(job)
        self._patience = self._clip_seconds

    def _receive(self, job: ShardJob) -> None:
        """Take in what the worker has said: what it has in hand, an answer, or the end of it."""
        try:
            said = self._running.pipe.recv()
        except (EOFError, OSError):  # the second where it died in the middle of a word
            self._handle_crash(job)
            return
        self._patience = self._clip_seconds
        match said:
            case RowStarted():
                self._current_row = said.row
            case RowFinished():
                self._current_row = None
                self._step = JobProgress(self._step.frames + said.frames)
            case ShardFinished():
                self._step, self._job = JobProgress(self._step.frames, done=True), None
                with job.permit():
                    forget_quarantine(job.out, job.shard.name)
            case BaseException():
                self._job = None
                raise said

    def _handle_crash(self, job: ShardJob, crash: Crash | None = None) -> None:
        """Clear up after a dead worker, blame a row if it is time, and begin the job again."""
        exit_code = self._running.reap()
        self._worker = None
        _remove_unfinished(job)
        crash = crash or Crash.of(exit_code)
        if self._crashes.blames_row(self._suspect(job), crash):
            job = self._job = self._without_current_row(job, crash)
            self._crashes = CrashTracker()
        elif self._crashes.count >= MAX_UNEXPLAINED_CRASHES:
            raise AbortedError(
                f"{job.shard.name}: its worker died {MAX_UNEXPLAINED_CRASHES} times "
                f"({crash.name.lower()} the last time, with exit code {exit_code}), and no one "
                f"clip is to blame; {RESUME_HINT}"
            )
        self._send_job(job)

    def _suspect(self, job: ShardJob) -> int | None:
        """Return the row in hand, unless it is in quarantine: nothing of it was touched."""
        quarantined = {row.row for row in job.quarantine}
        return None if self._current_row in quarantined else self._current_row

    def _without_current_row(self, job: ShardJob, crash: Crash) -> ShardJob:
        """Put the row in hand in quarantine."""
        clip = next(clip for clip in job.shard.clips if clip.row.number == self._current_row)
        message = f"{clip.recording}: {crash.message}"
        quarantined = QuarantinedRow(clip.row.number, crash.reason, message)
        job = replace(job, quarantine=(*job.quarantine, quarantined))
        publish_quarantine(job.out, job.shard.name, job.plan, job.quarantine, job.permit)
        return job


def _remove_unfinished(job: ShardJob) -> None:
    """Remove what the dead worker of a job left under temporary names."""
    with job.permit():
        for path in (job.path, receipt_path(job.out, job.shard.name)):
            for unfinished in path.parent.glob(f"{path.name}.*{TEMPORARY}"):
                unfinished.unlink(missing_ok=True)
