"""The report of a dry run: what a build of clips would do."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.counting import counted
from pipelines.clips.caption_files import samples_without_captions
from pipelines.clips.inputs import InputFolders
from pipelines.engine.failures import Outcome
from pipelines.engine.plan import Plan
from pipelines.engine.reports import COMPLETE, TOO_MANY_FAILURES, Report
from pipelines.engine.summary import (
    Failure,
    SubsetRows,
    count_reasons,
    counts_to_text,
    failure_lines,
    failures_of,
    rows_by_subset,
    rows_to_text,
    subset_table,
)
from pipelines.engine.totals import SubsetTotals
from pipelines.engine.worker_choice import WorkerChoice
from shards.format.paths import split_of


@dataclass(frozen=True)
class PlanReport(Report):
    """The result of a dry run."""

    rows: int
    """Number of rows of the build's input."""
    samples: int
    frames: int
    shards: Mapping[str, int]
    """Number of shards by split."""
    estimated_bytes: float
    """Estimated total size of the shards."""
    drops: Mapping[str, int]
    """Number of dropped rows by reason."""
    subsets: tuple[SubsetRows, ...]
    failures: tuple[Failure, ...]
    """The drops that count as failures."""
    outcome: Outcome
    texts: Path | None
    """The folder of captions; None without captions."""
    samples_without_captions: int | None
    """Number of samples without a file of captions; None without a folder."""
    splits: Path | None
    """The folder of split lists; None without lists."""
    warnings: tuple[str, ...]
    workers: WorkerChoice | None
    """The workers that a build would choose; None if there is nothing to choose."""

    @property
    def exit_code(self) -> int:
        """3 if the plan alone has more failures than allowed."""
        return COMPLETE if self.outcome.within_budget else TOO_MANY_FAILURES

    def lines(self) -> list[str]:
        """Return a table of the subsets, failures, totals, inputs, warnings and the outcome."""
        megabytes = self.estimated_bytes / 1e6
        return [
            *subset_table(self.subsets),
            "",
            *failure_lines(self.failures, "fix these, and the dry run names the next"),
            rows_to_text(self.rows, self.samples, sum(self.drops.values())),
            f"{counted(self.frames, 'frame')} in {counted(sum(self.shards.values()), 'shard')} "
            f"({counts_to_text(self.shards)}), "
            f"about {megabytes:,.0f} MB",
            f"captions: {self._captions()}; splits: {self.splits or 'none'}",
            *self.warnings,
            self.outcome.describe(),
            *([self.workers.describe()] if self.workers else ()),
            "nothing was written",
        ]

    def _captions(self) -> str:
        """Return the captions folder and the number of samples without a caption file."""
        if self.texts is None:
            return "none"
        without = self.samples_without_captions
        return f"{self.texts} (no file for {without:,} of {counted(self.samples, 'sample')})"


def report_plan(
    plan: Plan[Any],
    estimated_bytes: float,
    folders: InputFolders,
    outcome: Outcome,
    workers: WorkerChoice | None,
) -> PlanReport:
    """Return the report of a plan. `workers` is the automatic choice, if there is one.

    `estimated_bytes` is the total size of its shards.
    """
    without = None if folders.texts is None else samples_without_captions(plan.shards.columns)
    return PlanReport(
        rows=plan.rows,
        samples=plan.samples,
        frames=plan.frames,
        shards=Counter(map(split_of, plan.shards.names)),
        estimated_bytes=estimated_bytes,
        drops=count_reasons(plan.drops),
        subsets=rows_by_subset(_count_subsets(plan), plan.drops),
        failures=failures_of(plan.drops),
        outcome=outcome,
        texts=folders.texts,
        samples_without_captions=without,
        splits=folders.splits,
        warnings=(*folders.warnings, *plan.warnings),
        workers=workers,
    )


def _count_subsets(plan: Plan[Any]) -> dict[str, SubsetTotals]:
    counts: dict[str, SubsetTotals] = {}
    for clip in plan.clips:
        count = counts.setdefault(clip.row.subset, SubsetTotals())
        count.rows += 1
        count.samples += len(clip.keys)
        count.frames += clip.frames
    return counts
