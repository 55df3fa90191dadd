"""The report of a finished build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.counting import counted, counted_units
from pipelines.engine.failures import Outcome
from pipelines.engine.plan import Plan
from pipelines.engine.progress import Rate
from pipelines.engine.reports import COMPLETE, TOO_MANY_FAILURES, Report
from pipelines.engine.summary import (
    CaptionTotals,
    CountedFrames,
    Failure,
    FlaggedSamples,
    Mean,
    SubsetRows,
    captions_line,
    count_reasons,
    counted_lines,
    failure_lines,
    failures_of,
    flag_lines,
    flagged_samples,
    rows_by_subset,
    rows_to_text,
    subset_table,
)
from pipelines.engine.totals import BuildTotals


@dataclass(frozen=True)
class BuildReport(Report):
    """The result of a finished build."""

    dataset: Path
    """The folder of the dataset."""
    rows: int
    """Number of rows of the build's input."""
    samples: int
    frames: int
    frame_units: str
    """What the frames are called: those of some products are tokens."""
    shards: int
    bytes: int
    """Total size of the shards."""
    drops: Mapping[str, int]
    """Number of dropped rows by reason."""
    subsets: tuple[SubsetRows, ...]
    failures: tuple[Failure, ...]
    """The drops that count as failures."""
    outcome: Outcome
    means: Mapping[str, Mean]
    """Means over all frames by manifest column."""
    counted_frames: Mapping[str, CountedFrames]
    """Special frames by manifest column."""
    flagged_samples: Mapping[str, FlaggedSamples]
    """Special samples by flag."""
    captions: CaptionTotals | None
    """None if samples have no captions."""
    warnings: tuple[str, ...]
    rate: Rate
    """What this run did. Earlier runs may have done the rest."""

    @property
    def exit_code(self) -> int:
        """3 if more rows failed than allowed."""
        return COMPLETE if self.outcome.within_budget else TOO_MANY_FAILURES

    def lines(self) -> list[str]:
        """Return a table of the subsets, failures, totals, warnings, the rate and the outcome."""
        means = "".join(f"{each.mean:,.0f} {each.unit}, " for each in self.means.values())
        return [
            *subset_table(self.subsets, self.frame_units),
            "",
            *failure_lines(self.failures, "see drops.parquet"),
            rows_to_text(self.rows, self.samples, sum(self.drops.values())),
            *flag_lines(self.flagged_samples, self.samples),
            *captions_line(self.captions),
            f"{counted_units(self.frames, self.frame_units)}, {means}"
            f"{counted(self.shards, 'shard')}, {self.bytes / 1e6:,.1f} MB in {self.dataset}",
            *counted_lines(self.counted_frames, self.frames),
            *self.warnings,
            self.rate.describe(),
            self.outcome.describe(),
        ]


def report_build(
    out: Path,
    plan: Plan[Any],
    totals: BuildTotals,
    outcome: Outcome,
    warnings: Sequence[str],
    rate: Rate,
) -> BuildReport:
    """Return the report of a build in the folder `out`. `warnings` are the product's."""
    return BuildReport(
        dataset=out,
        rows=plan.rows,
        samples=totals.samples,
        frames=totals.frames,
        frame_units=totals.description.frame_units,
        shards=len(totals.shards),
        bytes=sum(shard.bytes for shard in totals.shards),
        drops=count_reasons(totals.drops),
        subsets=rows_by_subset(totals.subsets, totals.drops),
        failures=failures_of(totals.drops),
        outcome=outcome,
        means={
            column: Mean(totals.sums[column] / max(totals.frames, 1), unit)
            for column, unit in totals.description.reported_means.items()
        },
        counted_frames={
            column: CountedFrames(int(totals.sums[column]), meaning)
            for column, meaning in totals.description.counted.items()
        },
        flagged_samples=flagged_samples(totals.description.reported_flags, totals.flags),
        captions=CaptionTotals.of(totals.captions),
        warnings=(*warnings, *plan.warnings),
        rate=rate,
    )
