"""Building a dataset: plan, build what has no receipt yet, publish, report.

The same inputs and parameters give the same bytes, whoever runs the jobs and however often the
build was stopped and begun again.
"""

import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.building import build_shard
from pipelines.errors import aborting
from pipelines.finishing import finish
from pipelines.folder import (
    expect_own_folder,
    expect_own_plan,
    has_plan,
    prepare_folder,
    read_kept,
)
from pipelines.foreign import expect_own_kind
from pipelines.jobs import Jobs, unfinished
from pipelines.lidar import LidarProduct
from pipelines.occupation import expect_unoccupied, occupying, while_occupied
from pipelines.options import BuildOptions, Execution
from pipelines.outcome import BuildResult, Outcome
from pipelines.planned import Plan
from pipelines.product import Planned, Product
from pipelines.progress import Progress
from pipelines.retrying import plan_retry, replan
from pipelines.scheduling import run_jobs
from pipelines.summary import describe_build, describe_plan
from pipelines.tally import Tally
from pipelines.trial import try_first_rows


def dry_run(options: BuildOptions, out: Path, execution: Execution) -> str:
    """Return the plan of a build in words, and write nothing.

    Raises what the build would raise before it begins to write.
    """
    with aborting(out):
        product = LidarProduct.of(options)
        planned = _plan_run(product, out.absolute(), execution)
        expect_unoccupied(out)
        kept = None
        if execution.retry_dropped:
            planned, kept = replan(out.absolute(), planned, product.plan_around)
        if kept is None and not execution.restart:
            expect_own_plan(out.absolute(), planned.made_of)
    return describe_plan(planned.plan, options, product.paths)


def build_lidar(options: BuildOptions, out: Path, execution: Execution) -> BuildResult:
    """Build a LiDAR dataset as `build` does."""
    with aborting(out):
        product = LidarProduct.of(options)
    return build(product, out, execution)


def build(product: Product, out: Path, execution: Execution) -> BuildResult:
    """Build a dataset, or what an earlier run left of it, and tell what came of it.

    Raises `InputError` where an option or an input is wrong, before anything is written, and
    `AbortedError` where the machine stops the build, which the same call then goes on with.
    """
    with aborting(out):
        plan, tally, rate = _build(product, out.absolute(), execution)
    outcome = Outcome.of(plan.rows, tally.drops, execution.max_failures)
    summary = describe_build(out, plan, tally, rate, product.remarks)
    return BuildResult(f"{summary}\n{outcome.describe()}", outcome.within_budget)


def _build(product: Product, out: Path, execution: Execution) -> tuple[Plan[Any], Tally, str]:
    planned = _plan_run(product, out, execution)
    with occupying(out) as run:
        permit = partial(while_occupied, out, run)
        if execution.retry_dropped:
            planned = plan_retry(out, planned, product.plan_around, permit)
        prepare_folder(out, planned.made_of, execution.restart, permit)
        rate = _run(Jobs(planned, product, out, run, unfinished(out, planned)), execution)
        tally = finish(out, planned, product, permit)
    return planned.plan, tally, rate


def _plan_run(product: Product, out: Path, execution: Execution) -> Planned:
    """Plan a run, and try the plan unless a build by it has begun; nothing is written."""
    expect_own_folder(out)
    expect_own_kind(out, product.name)
    planned = product.plan_around({} if execution.restart else read_kept(out))
    if execution.restart or not has_plan(out):
        try_first_rows(planned.plan, product, execution)
    return planned


def _run(jobs: Jobs, execution: Execution) -> str:
    """Run jobs; return the rate at which they were done."""
    if jobs:
        jobs.product.warm_up()  # before workers are forked, which then have it too
    frames = jobs.planned.plan.shards.frames
    done_before = int(frames.sum() - frames[jobs.numbers].sum())
    with (
        Progress(int(frames.sum()), done_before, sys.stderr) as progress,
        closing(run_jobs(build_shard, jobs, execution, progress.advance)) as finished,
    ):
        for _ in finished:
            pass  # its receipt is read when its turn in the plan has come
    return progress.rate
