"""Building a LiDAR dataset: plan, build what has no receipt yet, publish, report.

The same inputs and parameters give the same bytes, whoever runs the jobs and however often the
build was stopped and begun again.
"""

import sys
from contextlib import closing
from functools import partial
from pathlib import Path

from motiondata.errors import InputError
from pipelines.building import build_shard
from pipelines.drops import Drop
from pipelines.errors import aborting
from pipelines.fingerprint import Kept, take_fingerprint
from pipelines.finishing import finish
from pipelines.folder import expect_own_folder, prepare_folder
from pipelines.inputs import InputPaths, absolute_inputs, find_inputs
from pipelines.jobs import ShardJob
from pipelines.occupation import occupying
from pipelines.options import BuildOptions, Execution
from pipelines.outcome import BuildResult, Outcome
from pipelines.plan import Plan, make_plan
from pipelines.progress import Progress
from pipelines.receipts import Receipt, find_receipt
from pipelines.retrying import Planned, kept_shards, plan_retry
from pipelines.scheduling import run_jobs
from pipelines.summary import describe_build, describe_plan
from pipelines.tools import Tools, load_tools, load_tools_anew, warm_up_kernels


def dry_run(options: BuildOptions) -> str:
    """Return the plan of a build in words, and write nothing."""
    paths = find_inputs(options)
    load_tools_anew(options)
    return describe_plan(make_plan(options, paths), options, paths)


def build_lidar(options: BuildOptions, out: Path, execution: Execution) -> BuildResult:
    """Build a dataset, or what an earlier run left of it, and tell what came of it.

    Raises `InputError` where an option or an input is wrong, before anything is written, and
    `AbortedError` where the machine stops the build, which the same call then goes on with.
    """
    options, out = absolute_inputs(options), out.absolute()
    with aborting(out):
        plan, receipts, drops, rate = _build(options, out, execution)
    outcome = Outcome.of(plan.rows, drops, execution.max_failures)
    summary = describe_build(out, plan, receipts, drops, rate)
    return BuildResult(f"{summary}\n{outcome.describe()}", outcome.within_budget)


def _build(
    options: BuildOptions, out: Path, execution: Execution
) -> tuple[Plan, list[Receipt], tuple[Drop, ...], str]:
    paths = find_inputs(options)
    plan_around = partial(_plan_around, options, paths, load_tools_anew(options))
    expect_own_folder(out)
    planned = plan_around({} if execution.restart else kept_shards(out))
    with occupying(out) as run:
        if execution.retry_dropped:
            planned = plan_retry(out, planned, plan_around)
        plan, made_of = planned
        prepare_folder(out, made_of, execution.restart)
        answered = made_of.answered(shard.name for shard in plan.shards)
        jobs = [
            ShardJob(shard, options, paths, out, answered[shard.name], run) for shard in plan.shards
        ]
        receipts, rate = _run(jobs, plan, execution)
        drops = finish(out, plan, receipts, made_of, load_tools(options))
    return plan, receipts, drops, rate


def _plan_around(
    options: BuildOptions, paths: InputPaths, tools: Tools, kept: dict[str, Kept]
) -> Planned:
    """Plan a build whose folder has shards that are to stay as they are; mostly none."""
    plan = make_plan(options, paths, {name: shard.keys for name, shard in kept.items()})
    _expect_clips(plan, options)
    return Planned(plan, take_fingerprint(options, paths, plan, tools, kept))


def _expect_clips(plan: Plan, options: BuildOptions) -> None:
    if not plan.shards:
        example = plan.drops[-1].message if plan.drops else "it has no rows"
        raise InputError(
            f"{options.index}: none of its {plan.rows} rows can be built from {options.amass}; "
            f"the last one: {example}"
        )


def _run(jobs: list[ShardJob], plan: Plan, execution: Execution) -> tuple[list[Receipt], str]:
    """Run the jobs without a receipt; return the receipts of all, in plan order, and the rate."""
    receipts: dict[str, Receipt] = {}
    for job in jobs:
        receipt = find_receipt(job.out, job.shard.name, job.plan)
        if receipt is not None:
            receipts[receipt.shard] = receipt
    waiting = [job for job in jobs if job.shard.name not in receipts]
    if waiting:
        warm_up_kernels()  # before workers are forked, which then have them too
    done_before = plan.frames - sum(clip.frames for job in waiting for clip in job.shard.clips)
    with (
        Progress(plan.frames, done_before, sys.stderr) as progress,
        closing(run_jobs(build_shard, waiting, execution, progress.advance)) as finished,
    ):
        receipts.update((receipt.shard, receipt) for receipt in finished)
    return [receipts[job.shard.name] for job in jobs], progress.rate
