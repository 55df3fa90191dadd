"""What a plan or a build comes to, in words and tables for a person."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from motiondata.counting import counted
from pipelines.clip_columns import ClipColumns
from pipelines.drops import Drop
from pipelines.filling import clip_bytes
from pipelines.inputs import InputPaths
from pipelines.options import BuildOptions
from pipelines.planned import Plan
from pipelines.tally import SubsetCount, Tally
from shards.paths import split_of

NAMED_FAILURES = 8
"""How many drops that are failures are named one by one."""


def describe_plan(plan: Plan[ClipColumns], options: BuildOptions, paths: InputPaths) -> str:
    """Say what a build would do."""
    counts: dict[str, SubsetCount] = {}
    for clip in plan.clips:
        count = counts.setdefault(clip.row.subset, SubsetCount())
        count.rows += 1
        count.samples += len(clip.keys)
        count.frames += clip.frames
    megabytes = clip_bytes(plan.shards.columns, options).sum() / 1e6
    splits = Counter(map(split_of, plan.shards.names))
    return "\n".join(
        [
            *_table(counts, plan.drops),
            "",
            _rows_line(plan.rows, plan.samples, len(plan.drops)),
            f"{counted(plan.frames, 'frame')} in {counted(len(plan.shards), 'shard')} "
            f"({_counts(splits)}), "
            f"about {megabytes:,.0f} MB",
            f"captions: {paths.texts or 'none'}; splits: {paths.splits or 'none'}",
            *paths.remarks,
            *plan.remarks,
            "nothing was written",
        ]
    )


def describe_build(
    out: Path, plan: Plan[Any], tally: Tally, rate: str, remarks: Sequence[str]
) -> str:
    """Say what a build has come to; `rate` says how fast, `remarks` what its product remarks."""
    size = sum(shard.bytes for shard in tally.shards)
    means = "".join(
        f"{tally.sums[column] / max(tally.frames, 1):,.0f} {unit}, "
        for column, unit in tally.told.items()
    )
    return "\n".join(
        [
            *_table(tally.subsets, tally.drops),
            "",
            *_failures(tally.drops),
            _rows_line(plan.rows, tally.samples, len(tally.drops)),
            *synthetic_line(tally.synthetic, tally.samples),
            f"{counted(tally.frames, 'frame')}, {means}{counted(len(tally.shards), 'shard')}, "
            f"{size / 1e6:,.1f} MB in {out}",
            *_counted_frames(tally),
            *remarks,
            *plan.remarks,
            rate,
        ]
    )


def _counted_frames(tally: Tally) -> list[str]:
    """Say how many frames are unlike what a build is for."""
    return [
        f"{counted(int(tally.sums[column]), 'frame')} of {tally.frames:,} {what}"
        for column, what in tally.counted.items()
        if tally.sums[column]
    ]


def _rows_line(rows: int, samples: int, drops: int) -> str:
    return f"{counted(rows, 'row')}: {counted(samples, 'sample')}, {counted(drops, 'drop')}"


def synthetic_line(synthetic: int, samples: int) -> list[str]:
    """Say how many samples are of made motion, in one line; none where there is none."""
    if not synthetic:
        return []
    return [
        f"synthetic motion: {synthetic:,} of {counted(samples, 'sample')}; made by a program, with "
        "nothing of AMASS in it, whatever the name of the subset"
    ]


def count_table(rows: Iterable[tuple[str, ...]], header: tuple[str, ...]) -> list[str]:
    """Return lines of columns, the first aligned left and the others right, the last one free."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header) - 1)]
    return [
        "  ".join(
            [
                line[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(line[1:-1], widths[1:], strict=True)),
                line[-1],
            ]
        ).rstrip()
        for line in lines
    ]


def _table(counts: Mapping[str, SubsetCount], drops: Iterable[Drop]) -> list[str]:
    dropped: dict[str, Counter[str]] = {}
    for drop in drops:
        dropped.setdefault(drop.subset, Counter())[drop.reason] += 1
    rows = []
    for name in sorted({*counts, *dropped}):
        count, reasons = counts.get(name, SubsetCount()), dropped.get(name, Counter())
        numbers = (count.rows + reasons.total(), count.samples, count.frames)
        rows.append((name, *(f"{number:,}" for number in numbers), _counts(reasons)))
    return count_table(rows, ("subset", "rows", "samples", "frames", "drops"))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counts.items())


def _failures(drops: Sequence[Drop]) -> list[str]:
    """Name the drops that say that a recording is not well."""
    failures = [drop for drop in drops if not drop.expected]
    lines = [f"dropped {drop.key} ({drop.reason}): {drop.message}" for drop in failures]
    more = len(lines) - NAMED_FAILURES
    return lines[:NAMED_FAILURES] + (
        [f"... and {more} more; see drops.parquet"] if more > 0 else []
    )
