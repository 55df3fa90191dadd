"""Build a dataset for a phase-functioned network, or report its plan."""

from functools import partial
from pathlib import Path

from motiondata.errors import InputError
from pipelines.clips.build import build_clips, dry_run_clips
from pipelines.clips.plan_report import PlanReport
from pipelines.engine.build import build
from pipelines.engine.build_report import BuildReport
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.products.pfnn.clips import PfnnClips
from pipelines.products.pfnn.options import PfnnBuildOptions
from pipelines.products.pfnn.takes import PfnnTakes, holds_takes


def build_pfnn(options: PfnnBuildOptions, out: Path, execution: Execution) -> BuildReport:
    """Build a dataset of clips, or of the takes of a folder of PFNN's own files, as `build`."""
    if not holds_takes(options.clips.index):
        return build_clips(partial(PfnnClips.of, options), out, execution)
    with os_errors_as_aborted(out):
        product = PfnnTakes.of(options)
    return build(product, out, execution)


def dry_run(options: PfnnBuildOptions, out: Path, execution: Execution) -> PlanReport:
    """Return the report of the plan of a build, as `dry_run_clips` does, and write nothing."""
    if holds_takes(options.clips.index):
        raise InputError("--dry-run has no effect on PFNN's own files; leave it out")
    return dry_run_clips(partial(PfnnClips.of, options), out, execution)
