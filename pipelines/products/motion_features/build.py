"""Build a dataset of motion features, or report its plan."""

from functools import partial
from pathlib import Path

from pipelines.clips.build import build_clips, dry_run_clips
from pipelines.clips.plan_report import PlanReport
from pipelines.engine.build_report import BuildReport
from pipelines.engine.execution import Execution
from pipelines.products.motion_features.options import MotionFeatureBuildOptions
from pipelines.products.motion_features.product import MotionFeatureProduct


def dry_run(options: MotionFeatureBuildOptions, out: Path, execution: Execution) -> PlanReport:
    """Return the report of the plan of a build, as `dry_run_clips` does, and write nothing."""
    return dry_run_clips(partial(MotionFeatureProduct.of, options), out, execution)


def build_features(
    options: MotionFeatureBuildOptions, out: Path, execution: Execution
) -> BuildReport:
    """Build a dataset of motion features as `build` does."""
    return build_clips(partial(MotionFeatureProduct.of, options), out, execution)
