"""Build a LiDAR dataset, or describe its plan."""

from pathlib import Path

from pipelines.clips.plan_report import PlanReport, report_plan
from pipelines.engine.build import build, plan_build
from pipelines.engine.build_report import BuildReport
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.engine.failures import Outcome
from pipelines.products.lidar.options import LidarBuildOptions
from pipelines.products.lidar.product import LidarProduct


def dry_run(options: LidarBuildOptions, out: Path, execution: Execution) -> PlanReport:
    """Return the report of the plan of a build, and write nothing.

    The failure budget applies to the plan's drops, as in a build.

    Raises the same errors as a build before it begins to write.
    """
    with os_errors_as_aborted(out):
        product = LidarProduct.of(options)
    plan, choice = plan_build(product, out, execution)
    outcome = Outcome.of(plan.rows, plan.drops, execution.max_failures)
    return report_plan(plan, product.clip_bytes, product.source.folders, outcome, choice)


def build_lidar(options: LidarBuildOptions, out: Path, execution: Execution) -> BuildReport:
    """Build a LiDAR dataset as `build` does."""
    with os_errors_as_aborted(out):
        product = LidarProduct.of(options)
    return build(product, out, execution)
