"""Build a product of motion, or report its plan."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.clips.clip_source import ClipSource
from pipelines.clips.plan_report import PlanReport, report_plan
from pipelines.clips.planned_clips import PlannedClips
from pipelines.engine.build import build, plan_build
from pipelines.engine.build_report import BuildReport
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.engine.failures import Outcome
from pipelines.engine.product import Product


class ClipProduct(Product, Protocol):
    """A product that is made from the clips of a source."""

    @property
    def source(self) -> ClipSource:
        """Where the clips are read from."""

    def clip_bytes(self, clips: PlannedClips) -> NDArray[np.int64]:
        """Estimate the size of each clip's samples in a shard, in bytes, shaped (clips,)."""


def build_clips(
    find_product: Callable[[], ClipProduct], out: Path, execution: Execution
) -> BuildReport:
    """Build a product of motion as `build` does. `find_product` finds its inputs."""
    with os_errors_as_aborted(out):
        product = find_product()
    return build(product, out, execution)


def dry_run_clips(
    find_product: Callable[[], ClipProduct], out: Path, execution: Execution
) -> PlanReport:
    """Return the report of the plan of a build, and write nothing.

    The failure budget applies to the plan's drops, as in a build.

    Raises the same errors as a build before it begins to write.
    """
    with os_errors_as_aborted(out):
        product = find_product()
    plan, choice = plan_build(product, out, execution)
    outcome = Outcome.of(plan.rows, plan.drops, execution.max_failures)
    size = float(product.clip_bytes(plan.shards.columns).sum())
    return report_plan(plan, size, product.source.folders, outcome, choice)
