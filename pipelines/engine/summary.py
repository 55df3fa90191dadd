"""Parts of the reports of a plan or a build: rows by subset, failures, and sentences for users."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from motiondata.counting import counted
from pipelines.engine.description import FlagMeaning
from pipelines.engine.drops import Drop
from pipelines.engine.text_tables import table
from pipelines.engine.totals import SubsetTotals

NAMED_FAILURES = 8
"""The maximum number of failures that a text report lists individually."""


@dataclass(frozen=True)
class SubsetRows:
    """The rows of one subset of the archive."""

    subset: str
    rows: int
    """Number of rows, including dropped ones."""
    samples: int
    frames: int
    drops: Mapping[str, int]
    """Number of dropped rows by reason."""


@dataclass(frozen=True)
class Failure:
    """A dropped row that counts as a failure."""

    key: str
    reason: str
    message: str


@dataclass(frozen=True)
class Mean:
    """The mean of a manifest column over all frames."""

    mean: float
    unit: str


@dataclass(frozen=True)
class CountedFrames:
    """The sum of a manifest column that counts frames."""

    frames: int
    meaning: str
    """What these frames are, as the end of a sentence: `are empty`."""


@dataclass(frozen=True)
class FlaggedSamples:
    """The samples that have a flag."""

    samples: int
    meaning: str
    """Names the samples."""
    note: str
    """What a reader should know about them."""


@dataclass(frozen=True)
class CaptionTotals:
    """The captions of all samples."""

    captions: int
    samples: int
    samples_without: int

    @classmethod
    def of(cls, counts: Sequence[int]) -> "CaptionTotals | None":
        """Sum up the numbers of captions per sample; None if there are no numbers."""
        if not counts:
            return None
        return cls(sum(counts), len(counts), sum(number == 0 for number in counts))


def rows_by_subset(
    counts: Mapping[str, SubsetTotals], drops: Iterable[Drop]
) -> tuple[SubsetRows, ...]:
    """Join the totals of each subset and its drops, in the order of the subsets' names."""
    dropped: dict[str, Counter[str]] = {}
    for drop in drops:
        dropped.setdefault(drop.subset, Counter())[drop.reason] += 1
    rows = []
    for name in sorted({*counts, *dropped}):
        count, reasons = counts.get(name, SubsetTotals()), dropped.get(name, Counter())
        number = count.rows + reasons.total()
        rows.append(SubsetRows(name, number, count.samples, count.frames, reasons))
    return tuple(rows)


def failures_of(drops: Iterable[Drop]) -> tuple[Failure, ...]:
    """Return the drops that are failures."""
    return tuple(
        Failure(drop.key, drop.reason, drop.message) for drop in drops if not drop.expected
    )


def count_reasons(drops: Iterable[Drop]) -> dict[str, int]:
    """Return the number of drops by reason, the most frequent first."""
    return dict(Counter(drop.reason for drop in drops).most_common())


def rows_to_text(rows: int, samples: int, drops: int) -> str:
    """Return the numbers of rows, samples and drops in words."""
    return f"{counted(rows, 'row')}: {counted(samples, 'sample')}, {counted(drops, 'drop')}"


def flagged_samples(
    meanings: Mapping[str, FlagMeaning], flags: Mapping[str, int]
) -> dict[str, FlaggedSamples]:
    """Join the meanings of flags and the numbers of samples that have them."""
    return {
        flag: FlaggedSamples(flags.get(flag, 0), each.meaning, each.note)
        for flag, each in meanings.items()
    }


def flag_lines(flagged: Mapping[str, FlaggedSamples], samples: int) -> list[str]:
    """Return one line per flag that any of all `samples` has."""
    return [
        f"{each.meaning}: {each.samples:,} of {counted(samples, 'sample')}; {each.note}"
        for each in flagged.values()
        if each.samples
    ]


def captions_line(captions: CaptionTotals | None) -> list[str]:
    """Return one line with the number of captions, or no line if the dataset has no captions."""
    if captions is None:
        return []
    return [
        f"captions: {captions.captions:,}; without captions: {captions.samples_without:,} of "
        f"{counted(captions.samples, 'sample')}"
    ]


def counted_lines(counts: Mapping[str, CountedFrames], frames: int) -> list[str]:
    """Return one line per kind of counted frames that occurs among all `frames`."""
    return [
        f"{counted(each.frames, 'frame')} of {frames:,} {each.meaning}"
        for each in counts.values()
        if each.frames
    ]


def subset_table(subsets: Iterable[SubsetRows], frame_units: str = "frames") -> list[str]:
    """Return the lines of a table with one row per subset, including its drops by reason.

    `frame_units` is what frames are called.
    """
    rows = [
        (each.subset, *_grouped(each.rows, each.samples, each.frames), counts_to_text(each.drops))
        for each in subsets
    ]
    return table([("subset", "rows", "samples", frame_units, "drops"), *rows], numbers=True)


def _grouped(*numbers: int) -> list[str]:
    return [f"{number:,}" for number in numbers]


def counts_to_text(counts: Mapping[str, int]) -> str:
    """Return names with their counts, in one line."""
    return ", ".join(f"{name} {number:,}" for name, number in counts.items())


def failure_lines(failures: Sequence[Failure], more_in: str) -> list[str]:
    """List the first failures. `more_in` says where to find the others."""
    lines = [f"dropped {each.key} ({each.reason}): {each.message}" for each in failures]
    more = len(lines) - NAMED_FAILURES
    return lines[:NAMED_FAILURES] + ([f"... and {more} more; {more_in}"] if more > 0 else [])
