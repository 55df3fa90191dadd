"""Build a dataset: plan, build the shards that have no receipt, publish, report.

The same inputs and parameters give the same bytes, independent of which processes run the jobs and
of how often the build was stopped and resumed.
"""

import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.engine.build_report import BuildReport, report_build
from pipelines.engine.errors import RayNotStartedError, os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.engine.failures import Outcome
from pipelines.engine.finalize import finalize
from pipelines.engine.jobs import BuildShard, Jobs
from pipelines.engine.opened import Opened
from pipelines.engine.output_folder import OutputFolder
from pipelines.engine.plan import Plan
from pipelines.engine.product import PlannedBuild, Product
from pipelines.engine.progress import Progress, Rate
from pipelines.engine.retry import plan_retry, replan
from pipelines.engine.shard import ShardBuilder
from pipelines.engine.totals import BuildTotals
from pipelines.engine.worker_choice import WorkerChoice, choose_for
from pipelines.engine.workers.executor import RunAll, RunJobs, run_jobs
from pipelines.engine.workers.trial import try_first_rows
from shards.format.dataset import read_description


def build(
    product: Product,
    out: Path,
    execution: Execution,
    *,
    build_shard: BuildShard | None = None,
    run_jobs: RunJobs = run_jobs,
) -> BuildReport:
    """Build a dataset, or resume an earlier run, and return the report.

    `build_shard` builds one shard in a worker, as `ShardBuilder` does, which is the default;
    `run_jobs` runs all jobs of the build.

    Raises `InputError`, before anything is written, if an option or an input is wrong. Raises
    `AbortedError` if the machine stops the build. The same call then resumes it.
    """
    with os_errors_as_aborted(out):
        opened = Opened()
        run_all = partial(run_jobs, build_shard or ShardBuilder(opened))
        plan, totals, rate = _build(product, opened, out.absolute(), execution, run_all)
        remarks = product.description.remarks(read_description(out), totals.synthetic)
    outcome = Outcome.of(plan.rows, totals.drops, execution.max_failures)
    warnings = [*product.warnings, *remarks]
    return report_build(out, plan, totals, outcome, warnings, rate)


def _build(
    product: Product, opened: Opened, out: Path, execution: Execution, run_all: RunAll
) -> tuple[Plan[Any], BuildTotals, Rate]:
    folder = OutputFolder.check(out, product.description.name)
    planned = _plan_and_try(product, opened, folder, execution)
    with folder.locked() as run:
        if execution.retry_dropped:
            planned = plan_retry(run, planned, product.plan_around)
        run.begin_plan(planned.fingerprint, execution.restart)
        jobs = Jobs(planned, product, run, folder.unfinished_shards(planned))
        if jobs:
            opened.get(product)  # before the workers are forked, so that they inherit it
        rate = _run(jobs, execution, run_all)
        totals = finalize(run, planned, product)
    return planned.plan, totals, rate


def plan_build(
    product: Product, out: Path, execution: Execution
) -> tuple[Plan[Any], WorkerChoice | None]:
    """Return the plan that `build` would execute, and its choice of workers. Write nothing.

    Raises the same errors as `build` before it begins to write.
    """
    with os_errors_as_aborted(out):
        folder = OutputFolder.check(out.absolute(), product.description.name)
        planned = _plan_and_try(product, Opened(), folder, execution)
        folder.lock.expect_free()
        kept = None
        if execution.retry_dropped:
            planned, kept = replan(folder, planned, product.plan_around)
        if kept is None and not execution.restart:
            folder.plan.expect(planned.fingerprint)
        frames = planned.plan.shards.frames.tolist()
        jobs = range(len(frames)) if execution.restart else folder.unfinished_shards(planned)
    return planned.plan, choose_for(product, [frames[job] for job in jobs], execution)


def _plan_and_try(
    product: Product, opened: Opened, folder: OutputFolder, execution: Execution
) -> PlannedBuild:
    """Plan a run. Try its first rows unless the build has already begun. Write nothing."""
    planned = product.plan_around({} if execution.restart else folder.plan.kept_shards())
    if execution.restart or not folder.plan.exists():
        try_first_rows(planned.plan, product, opened, execution)
    return planned


def _run(jobs: Jobs, execution: Execution, run_all: RunAll) -> Rate:
    """Run jobs and return their rate."""
    frames = jobs.planned.plan.shards.frames
    done_before = int(frames.sum() - frames[jobs.numbers].sum())
    with Progress(int(frames.sum()), done_before, sys.stderr) as progress:
        choice = choose_for(jobs.product, frames[jobs.numbers].tolist(), execution)
        if choice is None:
            _exhaust(run_all(jobs, execution, progress.advance))
        else:
            progress.say(choice.describe())
            _run_chosen(jobs, execution, run_all, choice.workers, progress)
    return progress.rate


def _run_chosen(
    jobs: Jobs, execution: Execution, run_all: RunAll, workers: int, progress: Progress
) -> None:
    """Run jobs with the chosen workers, or in this process if Ray does not start."""
    try:
        _exhaust(run_all(jobs, replace(execution, workers=workers), progress.advance))
    except RayNotStartedError as error:
        progress.say(f"{error}. The build continues in this process")
        _exhaust(run_all(jobs, replace(execution, workers=0), progress.advance))


def _exhaust(finished: Generator[str]) -> None:
    """Run until all jobs are done, and end the workers. Receipts are read later, in plan order."""
    with closing(finished):
        for _ in finished:
            pass
