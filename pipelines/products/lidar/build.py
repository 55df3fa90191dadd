"""Build a LiDAR dataset, or report its plan."""

from functools import partial
from pathlib import Path

from pipelines.clips.build import build_clips, dry_run_clips
from pipelines.clips.plan_report import PlanReport
from pipelines.engine.build_report import BuildReport
from pipelines.engine.execution import Execution
from pipelines.products.lidar.options import LidarBuildOptions
from pipelines.products.lidar.product import LidarProduct


def dry_run(options: LidarBuildOptions, out: Path, execution: Execution) -> PlanReport:
    """Return the report of the plan of a build, as `dry_run_clips` does, and write nothing."""
    return dry_run_clips(partial(LidarProduct.of, options), out, execution)


def build_lidar(options: LidarBuildOptions, out: Path, execution: Execution) -> BuildReport:
    """Build a LiDAR dataset as `build` does."""
    return build_clips(partial(LidarProduct.of, options), out, execution)
