"""Build a LiDAR dataset, or describe its plan."""

from pathlib import Path

from pipelines.engine.build import _plan_run, build
from pipelines.engine.build_report import BuildReport
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.engine.failures import Outcome
from pipelines.engine.jobs import unfinished_shards
from pipelines.engine.output_folder import expect_own_plan
from pipelines.engine.product import PlannedBuild
from pipelines.engine.retry import replan
from pipelines.engine.run_lock import expect_unoccupied
from pipelines.engine.worker_choice import choose_for
from pipelines.products.lidar.options import LidarBuildOptions
from pipelines.products.lidar.plan_summary import PlanReport, report_plan
from pipelines.products.lidar.product import LidarProduct


def dry_run(options: LidarBuildOptions, out: Path, execution: Execution) -> PlanReport:
    """Return the report of the plan of a build, and write nothing.

    The failure budget applies to the plan's drops, as in a build.

    Raises the same errors as a build before it begins to write.
    """
    with os_errors_as_aborted(out):
        product = LidarProduct.of(options)
        planned = _plan_run(product, out.absolute(), execution)
        expect_unoccupied(out)
        kept = None
        if execution.retry_dropped:
            planned, kept = replan(out.absolute(), planned, product.plan_around)
        if kept is None and not execution.restart:
            expect_own_plan(out.absolute(), planned.fingerprint)
        left = _frames_left(out.absolute(), planned, execution)
    choice = choose_for(product, left, execution)
    plan = planned.plan
    outcome = Outcome.of(plan.rows, plan.drops, execution.max_failures)
    return report_plan(plan, options.scan.points, product.source.folders, outcome, choice)


def _frames_left(out: Path, planned: PlannedBuild, execution: Execution) -> list[int]:
    """Return the number of frames of each shard that a build would build."""
    frames: list[int] = planned.plan.shards.frames.tolist()
    if execution.restart:
        return frames
    return [frames[number] for number in unfinished_shards(out, planned)]


def build_lidar(options: LidarBuildOptions, out: Path, execution: Execution) -> BuildReport:
    """Build a LiDAR dataset as `build` does."""
    with os_errors_as_aborted(out):
        product = LidarProduct.of(options)
    return build(product, out, execution)
