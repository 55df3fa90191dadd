"""Summaries of a plan or a build, in words and tables for users."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from motiondata.counting import counted
from pipelines.engine.drops import Drop
from pipelines.engine.plan import Plan
from pipelines.engine.text_tables import count_table
from pipelines.engine.totals import BuildTotals, SubsetTotals

NAMED_FAILURES = 8
"""The maximum number of failures that are listed individually."""


def describe_build(
    out: Path, plan: Plan[Any], totals: BuildTotals, rate: str, warnings: Sequence[str]
) -> str:
    """Return the summary of a build. `rate` describes its speed; `warnings` are the product's."""
    size = sum(shard.bytes for shard in totals.shards)
    means = "".join(
        f"{totals.sums[column] / max(totals.frames, 1):,.0f} {unit}, "
        for column, unit in totals.description.reported_means.items()
    )
    return "\n".join(
        [
            *subset_table(totals.subsets, totals.drops),
            "",
            *failure_lines(totals.drops, "see drops.parquet"),
            rows_to_text(plan.rows, totals.samples, len(totals.drops)),
            *synthetic_line(totals.synthetic, totals.samples),
            *captions_line(totals.captions),
            f"{counted(totals.frames, 'frame')}, {means}{counted(len(totals.shards), 'shard')}, "
            f"{size / 1e6:,.1f} MB in {out}",
            *_counted_frames(totals),
            *warnings,
            *plan.warnings,
            rate,
        ]
    )


def _counted_frames(totals: BuildTotals) -> list[str]:
    """Return one line per counted column whose sum is not 0."""
    return [
        f"{counted(int(totals.sums[column]), 'frame')} of {totals.frames:,} {what}"
        for column, what in totals.description.counted.items()
        if totals.sums[column]
    ]


def rows_to_text(rows: int, samples: int, drops: int) -> str:
    """Return the numbers of rows, samples and drops in words."""
    return f"{counted(rows, 'row')}: {counted(samples, 'sample')}, {counted(drops, 'drop')}"


def synthetic_line(synthetic: int, samples: int) -> list[str]:
    """Return one line with the number of samples of synthetic motion, or no line if it is 0."""
    if not synthetic:
        return []
    return [
        f"synthetic motion: {synthetic:,} of {counted(samples, 'sample')}; made by a program, with "
        "nothing of AMASS in it, whatever the name of the subset"
    ]


def captions_line(captions: Sequence[int]) -> list[str]:
    """Return one line with the number of captions, or no line if `captions` is empty.

    `captions` is the number of captions per sample.
    """
    if not captions:
        return []
    without = sum(number == 0 for number in captions)
    return [
        f"captions: {sum(captions):,}; without captions: {without:,} of "
        f"{counted(len(captions), 'sample')}"
    ]


def subset_table(counts: Mapping[str, SubsetTotals], drops: Iterable[Drop]) -> list[str]:
    """Return the lines of a table with one row per subset, including its drops by reason."""
    dropped: dict[str, Counter[str]] = {}
    for drop in drops:
        dropped.setdefault(drop.subset, Counter())[drop.reason] += 1
    rows = []
    for name in sorted({*counts, *dropped}):
        count, reasons = counts.get(name, SubsetTotals()), dropped.get(name, Counter())
        numbers = (count.rows + reasons.total(), count.samples, count.frames)
        rows.append((name, *(f"{number:,}" for number in numbers), counts_to_text(reasons)))
    return count_table(rows, ("subset", "rows", "samples", "frames", "drops"))


def counts_to_text(counts: Mapping[str, int]) -> str:
    """Return names with their counts, in one line."""
    return ", ".join(f"{name} {number:,}" for name, number in counts.items())


def failure_lines(drops: Sequence[Drop], more_in: str) -> list[str]:
    """List the first drops that are failures. `more_in` says where to find the others."""
    failures = [drop for drop in drops if not drop.expected]
    lines = [f"dropped {drop.key} ({drop.reason}): {drop.message}" for drop in failures]
    more = len(lines) - NAMED_FAILURES
    return lines[:NAMED_FAILURES] + ([f"... and {more} more; {more_in}"] if more > 0 else [])
