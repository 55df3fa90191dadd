"""A trial: the samples of the first rows are made and discarded before a build begins.

A sensor that never sees the body would fill shards with empty scans without an error. The trial
runs in a separate process, because a recording may crash or hang the process that reads it. In that
case the trial has no result, and the build drops the recording.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from threadpoolctl import threadpool_limits

from motiondata.errors import RecordingError
from pipelines.engine.execution import Execution
from pipelines.engine.jobs import RowListener, ShardJob
from pipelines.engine.opened import Opened
from pipelines.engine.output_folder import OutputFolder, Run
from pipelines.engine.plan import Plan, PlannedRow, PlannedShard
from pipelines.engine.product import OpenProduct, Product
from pipelines.engine.workers.supervisor import GIGABYTE
from pipelines.engine.workers.worker import ShardFinished, WorkerProcess

TRIED_ROWS = 4
TRIED_FRAMES = 2000
"""The size limits of a trial, chosen so that it takes about as long as starting a process."""
NO_RUN = Run(OutputFolder(Path()), "")
"""The run of a trial's job, which writes nothing."""


def try_first_rows(
    plan: Plan,  # type: ignore[type-arg]
    product: Product,
    opened: Opened,
    execution: Execution,
) -> None:
    """Make the samples of a plan's first rows, and raise any error of `Product.expect_use`.

    With a named cluster there is no trial: this machine may lack the cluster's devices.
    """
    rows = tuple(_first_rows(plan)) if product.is_tried else ()
    if not rows or execution.allow_empty or execution.ray_address is not None:
        return
    work = partial(_try_rows, opened.get(product))  # opened before the worker is forked
    worker = WorkerProcess(work, int(execution.worker_gigabytes * GIGABYTE))
    try:
        job = ShardJob(PlannedShard(plan.shards.names[0], rows), product, NO_RUN, "")
        worker.pipe.send(job)
        _hear(worker.pipe, execution.clip_seconds * len(rows))
    finally:
        worker.kill()
        worker.reap()


def _first_rows(plan: Plan) -> Iterator[PlannedRow]:  # type: ignore[type-arg]
    """Yield the first rows of a plan: at most `TRIED_ROWS` rows and `TRIED_FRAMES` frames.

    The first row is yielded even if it alone has more frames.
    """
    frames = 0
    for number, row in enumerate(plan.shards[0].clips if plan.shards else ()):
        frames += row.frames
        if number == TRIED_ROWS or (number and frames > TRIED_FRAMES):
            return
        yield row


def _try_rows(opened: OpenProduct, job: ShardJob, listener: RowListener) -> None:  # noqa: ARG001
    """Make the samples of a job's rows, and let the product check them. Runs in a worker."""
    samples = []
    with threadpool_limits(1):
        for row in job.shard.clips:
            with suppress(RecordingError):
                samples += [values for _, values in opened.begin(row)()]
    job.product.expect_use(samples)


def _hear(pipe: Connection, seconds: float) -> None:
    """Wait for the worker's answer, and raise it if it is an error. Ignore a dead worker."""
    until = time.monotonic() + seconds
    with suppress(EOFError, OSError):
        while pipe.poll(max(0.0, until - time.monotonic())):
            match pipe.recv():
                case BaseException() as error:
                    raise error
                case ShardFinished():
                    return
