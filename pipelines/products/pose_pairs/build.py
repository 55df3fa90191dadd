"""Build a dataset of pose pairs, report its plan, or write the poses that it would pick."""

from pathlib import Path

from motiondata.errors import InputError
from pipelines.clips.plan_report import PlanReport, report_plan
from pipelines.engine.build import build, plan_build
from pipelines.engine.build_report import BuildReport
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.engine.failures import Outcome
from pipelines.engine.output_path import expect_no_dataset
from pipelines.products.pose_pairs.options import PosePairBuildOptions
from pipelines.products.pose_pairs.picking import PickedReport, write_picked
from pipelines.products.pose_pairs.plan import SAMPLE_BYTES
from pipelines.products.pose_pairs.product import PosePairProduct


def build_pose_pairs(options: PosePairBuildOptions, out: Path, execution: Execution) -> BuildReport:
    """Build a dataset of pose pairs as `build` does."""
    with os_errors_as_aborted(out):
        product = PosePairProduct.of(options)
    return build(product, out, execution)


def dry_run(options: PosePairBuildOptions, out: Path, execution: Execution) -> PlanReport:
    """Return the report of the plan of a build, and write nothing. Poses are picked for it."""
    with os_errors_as_aborted(out):
        product = PosePairProduct.of(options)
    plan, choice = plan_build(product, out, execution)
    outcome = Outcome.of(plan.rows, plan.drops, execution.max_failures)
    size = float(SAMPLE_BYTES * plan.samples)
    return report_plan(plan, size, product.source.folders, outcome, choice)


def write_poses(options: PosePairBuildOptions, file: Path) -> PickedReport:
    """Write the poses that a build would pick, in an .npz file, and build nothing."""
    if file.suffix.lower() != ".npz":
        raise InputError(f"--write-poses: expected a name that ends with .npz, found {file}")
    expect_no_dataset(file)
    with os_errors_as_aborted(file.parent):
        return write_picked(PosePairProduct.of(options).picking, file)
