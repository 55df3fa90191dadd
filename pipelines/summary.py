"""What a plan or a build comes to, in words and tables for a person."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.drops import Drop
from pipelines.inputs import InputPaths
from pipelines.options import BuildOptions
from pipelines.plan import Plan, clip_bytes
from pipelines.receipts import Receipt
from shards.manifest import ManifestRow

SLOW_TO_TELL = 8
"""How many drops by failure are named one by one."""


@dataclass
class _SubsetCount:
    rows: int = 0
    samples: int = 0
    frames: int = 0
    drops: Counter[str] = field(default_factory=Counter)


def describe_plan(plan: Plan, options: BuildOptions, paths: InputPaths) -> str:
    """Say what a build would do."""
    counts: dict[str, _SubsetCount] = {}
    for clip in plan.clips:
        count = counts.setdefault(clip.row.subset, _SubsetCount())
        count.rows += 1
        count.samples += len(clip.samples)
        count.frames += clip.frames
    megabytes = sum(clip_bytes(clip, options) for clip in plan.clips) / 1e6
    splits = Counter(shard.split for shard in plan.shards)
    return "\n".join(
        [
            *_table(counts, plan.drops),
            "",
            f"{plan.rows:,} rows: {plan.samples:,} samples, {len(plan.drops):,} drops",
            f"{plan.frames:,} frames in {len(plan.shards)} shards ({_counts(splits)}), "
            f"about {megabytes:,.0f} MB",
            f"captions: {paths.texts or 'none'}; splits: {paths.splits or 'none'}",
            "nothing was written",
        ]
    )


def describe_build(
    out: Path, plan: Plan, receipts: Sequence[Receipt], drops: Sequence[Drop], rate: str
) -> str:
    """Say what a build has come to; `rate` says how fast."""
    rows = [row for receipt in receipts for row in receipt.samples]
    frames = sum(row.frames for row in rows)
    size = sum(receipt.file.bytes for receipt in receipts if receipt.file)
    return "\n".join(
        [
            *_table(_count_rows(plan, rows, drops), drops),
            "",
            *_failures(drops),
            f"{plan.rows:,} rows: {len(rows):,} samples, {len(drops):,} drops",
            f"{frames:,} frames, {_mean_hits(rows):,.0f} hits a frame, "
            f"{sum(receipt.file is not None for receipt in receipts)} shards, {size / 1e6:,.1f} MB "
            f"in {out}",
            rate,
        ]
    )


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


def _table(counts: Mapping[str, _SubsetCount], drops: Iterable[Drop]) -> list[str]:
    counts = dict(counts)
    for drop in drops:
        count = counts.setdefault(drop.subset, _SubsetCount())
        count.rows += 1
        count.drops[drop.reason] += 1
    rows = [
        (name, f"{count.rows:,}", f"{count.samples:,}", f"{count.frames:,}", _counts(count.drops))
        for name, count in sorted(counts.items())
    ]
    return count_table(rows, ("subset", "rows", "samples", "frames", "drops"))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counts.items())


def _count_rows(
    plan: Plan, rows: Iterable[ManifestRow], drops: Iterable[Drop]
) -> dict[str, _SubsetCount]:
    dropped = {drop.row for drop in drops}
    counts: dict[str, _SubsetCount] = {}
    for clip in plan.clips:
        if clip.row.number not in dropped:
            counts.setdefault(clip.row.subset, _SubsetCount()).rows += 1
    for row in rows:
        counts[row.extra["subset"]].samples += 1
        counts[row.extra["subset"]].frames += row.frames
    return counts


def _mean_hits(rows: Sequence[ManifestRow]) -> float:
    frames = sum(row.frames for row in rows)
    return sum(row.extra["hits_mean"] * row.frames for row in rows) / frames if frames else 0.0


def _failures(drops: Sequence[Drop]) -> list[str]:
    """Name the drops that say that a recording is not well."""
    failures = [drop for drop in drops if not drop.expected]
    lines = [f"dropped {drop.key} ({drop.reason}): {drop.message}" for drop in failures]
    more = len(lines) - SLOW_TO_TELL
    return lines[:SLOW_TO_TELL] + ([f"... and {more} more; see drops.parquet"] if more > 0 else [])
