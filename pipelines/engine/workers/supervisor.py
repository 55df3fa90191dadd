"""A supervisor runs one worker process and survives its death.

A recording can crash the process that reads it, hang it, or exhaust its memory. Only another
process can determine which row was the cause, and ensure that the rest of the shard is built. A row
is blamed only if workers die at it several times in succession: a single kill from outside drops
nothing.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, replace

from pipelines.engine.errors import RESUME_HINT, AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.jobs import BuildShard, ShardJob
from pipelines.engine.quarantine import QuarantinedRow
from pipelines.engine.workers.crashes import Crash, CrashTracker
from pipelines.engine.workers.worker import RowFinished, RowStarted, ShardFinished, WorkerProcess
from shards.format.publishing import TEMPORARY

MAX_UNEXPLAINED_CRASHES = 5
"""The number of deaths of a job's workers, without a row to blame, that stops the build."""
GIGABYTE = 10**9
WATCH_SECONDS = 0.1
"""The longest single wait for the worker."""
SLEPT_SECONDS = 1.0
"""If a wait exceeds its timeout by this much, the process was suspended (SIGSTOP by a user or by
Slurm). The wait then does not count as the clip's time."""


@dataclass(frozen=True)
class JobProgress:
    """The progress of a supervisor's job. It is small and plain, because machines exchange it."""

    frames: int = 0
    """The number of frames of the job that are done. It falls if the job had to begin again."""
    done: bool = False
    """Whether the shard and its receipt are published."""


class Supervisor:
    """Runs one job at a time, in one worker process at a time."""

    def __init__(self, build: BuildShard, execution: Execution) -> None:
        self._build = build
        self._clip_seconds = execution.clip_seconds
        self._memory_bytes = int(execution.worker_gigabytes * GIGABYTE)
        self._worker: WorkerProcess | None = None
        self._job: ShardJob | None = None
        self._step = JobProgress()
        self._current_row: int | None = None
        self._patience = 0.0
        """The remaining seconds that the worker may be silent, without time spent suspended."""
        self._crashes = CrashTracker()

    def begin(self, job: ShardJob) -> JobProgress:
        """Begin a job. `step` continues it."""
        quarantine = job.run.folder.receipts.find_quarantine(job.shard.name, job.plan)
        self._job = replace(job, quarantine=quarantine)
        self._crashes = CrashTracker()
        self._send_job(self._job)
        return self._step

    def step(self, seconds: float) -> JobProgress:
        """Supervise the job for `seconds`, or until it is done, and return its progress.

        Raises any error that building the shard raised, and `AbortedError` if workers keep dying.
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
        """Kill the worker, even in the middle of a job."""
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
        """Make the worker begin the job at its first row."""
        self._step, self._current_row = JobProgress(), None
        with suppress(BrokenPipeError, ConnectionResetError):  # it died idle; `_receive` handles it
            self._running.pipe.send(job)
        self._patience = self._clip_seconds

    def _receive(self, job: ShardJob) -> None:
        """Handle a message of the worker: a row's start or end, a result, an error or its death."""
        try:
            said = self._running.pipe.recv()
        except (EOFError, OSError):  # OSError: it died in the middle of a message
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
                job.run.forget_quarantine(job.shard.name)
            case BaseException():
                self._job = None
                raise said

    def _handle_crash(self, job: ShardJob, crash: Crash | None = None) -> None:
        """Clean up after a dead worker, blame a row if the evidence suffices, and restart the job.

        Raises `AbortedError` after `MAX_UNEXPLAINED_CRASHES` deaths without a row to blame.
        """
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
        """Return the current row, or None if it is in quarantine: none of its files was read."""
        quarantined = {row.row for row in job.quarantine}
        return None if self._current_row in quarantined else self._current_row

    def _without_current_row(self, job: ShardJob, crash: Crash) -> ShardJob:
        """Return the job with the current row in quarantine, and publish the quarantine."""
        clip = next(clip for clip in job.shard.clips if clip.row.number == self._current_row)
        message = f"{clip.recording}: {crash.message}"
        quarantined = QuarantinedRow(clip.row.number, crash.reason, message)
        job = replace(job, quarantine=(*job.quarantine, quarantined))
        job.run.publish_quarantine(job.shard.name, job.plan, job.quarantine)
        return job


def _remove_unfinished(job: ShardJob) -> None:
    """Remove the temporary files that the dead worker of a job left."""
    with job.run.permit():
        for path in (job.path, job.run.folder.receipts.path(job.shard.name)):
            for unfinished in path.parent.glob(f"{path.name}.*{TEMPORARY}"):
                unfinished.unlink(missing_ok=True)
