"""Supervision: a suspended job is not treated as a hung one."""

import os
import signal
import time
from pathlib import Path

from pipelines.engine.execution import Execution
from pipelines.engine.jobs import RowListener, ShardJob
from pipelines.engine.output_folder import OutputFolder
from pipelines.engine.receipts import Receipt
from pipelines.engine.workers.supervisor import Supervisor
from pipelines.products.lidar.product import LidarProduct
from tests.support.archive import MadeArchive
from tests.support.faults import FORKED

CLIP_SECONDS = 2.0


def build_slowly(job: ShardJob, listener: RowListener) -> Receipt:
    """Take half the time that a clip may take, in small steps, and write down each beginning."""
    listener.row_started(job.shard.clips[0].row.number)
    with job.run.folder.path.with_name("begun").open("a") as log:
        log.write("begun\n")
    for _ in range(10):
        time.sleep(CLIP_SECONDS / 20)
    return Receipt(job.shard.name, job.plan, None, {}, (), {})


def supervise(archive: MadeArchive, out: Path) -> None:
    """Carry a job out in a separate process group."""
    os.setpgrp()
    product = LidarProduct.of(archive.options())
    shard = product.plan_around({}).plan.shards[0]
    with OutputFolder(out).locked() as run:
        supervisor = Supervisor(build_slowly, Execution(clip_seconds=CLIP_SECONDS))
        step = supervisor.begin(ShardJob(shard, product, run, "plan"))
        while not step.done:
            step = supervisor.step(0.5)
        supervisor.close()


def test_time_in_which_a_job_is_suspended_is_not_the_clips(archive: MadeArchive, out: Path) -> None:
    begun = out.with_name("begun")
    process = FORKED.Process(target=supervise, args=(archive, out))
    process.start()
    assert process.pid is not None
    while not begun.exists():
        assert process.is_alive()
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(CLIP_SECONDS + 0.5)
    os.killpg(process.pid, signal.SIGCONT)
    process.join()
    assert process.exitcode == 0
    assert begun.read_text() == "begun\n"
