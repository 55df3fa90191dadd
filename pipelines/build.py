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
from pipelines.errors import aborting, expect_possible_folder
from pipelines.finishing import finish
from pipelines.folder import expect_own_folder, prepare_folder, read_kept
from pipelines.foreign import expect_own_kind
from pipelines.inputs import find_inputs
from pipelines.jobs import Jobs, unfinished
from pipelines.lidar import LidarProduct
from pipelines.occupation import occupying, while_occupied
from pipelines.options import BuildOptions, Execution
from pipelines.outcome import BuildResult, Outcome
from pipelines.plan import make_plan
from pipelines.planned import Plan
from pipelines.product import Product
from pipelines.progress import Progress
from pipelines.retrying import plan_retry
from pipelines.scheduling import run_jobs
from pipelines.summary import describe_build, describe_plan
from pipelines.tally import Tally
from pipelines.tools import load_tools_anew


def dry_run(options: BuildOptions, out: Path) -> str:
    """Return the plan of a build in words, and write nothing."""
    expect_possible_folder(out)
    expect_own_kind(out, LidarProduct.name)
    paths = find_inputs(options)
    load_tools_anew(options)
    return describe_plan(make_plan(options, paths), options, paths)


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
    expect_own_kind(out, product.name)
    expect_own_folder(out)
    planned = product.plan_around({} if execution.restart else read_kept(out))
    with occupying(out) as run:
        permit = partial(while_occupied, out, run)
        if execution.retry_dropped:
            planned = plan_retry(out, planned, product.plan_around, permit)
        prepare_folder(out, planned.made_of, execution.restart, permit)
        rate = _run(Jobs(planned, product, out, run, unfinished(out, planned)), execution)
        tally = finish(out, planned, product, permit)
    return planned.plan, tally, rate


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
