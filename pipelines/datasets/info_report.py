"""The report of `info`: what a dataset contains and how it was built."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.datasets.contents import Contents
from pipelines.datasets.quality import QualityInfo, quality_lines
from pipelines.engine.description import NONE
from pipelines.engine.reports import Report
from pipelines.engine.summary import CaptionTotals, FlaggedSamples, Mean, captions_line, flag_lines
from pipelines.engine.text_tables import table
from shards.format.paths import DATASET
from shards.format.places import Place


@dataclass(frozen=True)
class SplitTotals:
    """The samples of a split."""

    split: str
    samples: int
    frames: int
    shards: int
    bytes: int
    """Total size of the shards."""


@dataclass(frozen=True)
class ArrayInfo:
    """An array of a sample."""

    field: str
    dtype: str
    shape: tuple[int | str, ...]
    """The length of each axis, or its name if the length varies."""
    unit: str
    frame: str
    """The frame of reference."""


@dataclass(frozen=True)
class SampleInfo:
    """What the manifest says about the samples."""

    lines: tuple[str, ...]
    """Lines about the samples that only the product knows."""
    means: Mapping[str, Mean]
    """Means over all frames by manifest column."""
    recordings: int | None
    """Number of recordings; None if the manifest does not name them."""
    captions: CaptionTotals | None
    """None if samples have no captions."""
    leaked_test_samples: int
    """Number of test samples of a recording that the training split has too."""
    contents: Contents
    quality: Mapping[str, QualityInfo]
    """The measures of motion quality by name; empty if samples have none."""

    def describe(self) -> list[str]:
        """Return the lines of a report."""
        lines = [*self.lines]
        lines += [] if self.recordings is None else [f"recordings: {self.recordings:,}"]
        lines += captions_line(self.captions)
        if shared := self.leaked_test_samples:
            tests = "sample is of a recording" if shared == 1 else "samples are of recordings"
            lines.append(f"leak: {shared:,} test {tests} that train has too")
        return lines + self.contents.describe() + quality_lines(self.quality)


@dataclass(frozen=True)
class InfoReport(Report):
    """The contents of a dataset, its inputs, and the command that builds it again."""

    dataset: Place
    """The folder of the dataset."""
    product: str
    content_hash: str
    software: str
    """The program and its version that built the dataset."""
    flagged_samples: Mapping[str, FlaggedSamples]
    """Special samples by flag."""
    splits: tuple[SplitTotals, ...]
    arrays: tuple[ArrayInfo, ...]
    texts: tuple[str, ...]
    """The members of a sample that are not arrays."""
    samples: SampleInfo | None
    """None if there are no samples."""
    drops: Mapping[str, int]
    """Number of dropped rows by reason."""
    made_from: tuple[str, ...]
    """Lines about the inputs that only the product knows."""
    inputs: tuple[str, ...]
    """Names of the inputs. `dataset.json` has their hashes."""
    remarks: tuple[str, ...]
    parameters: Mapping[str, Any]
    """The parameters of the build."""
    command: str
    """The command that builds such a dataset, with placeholders for the user's files."""

    def lines(self) -> list[str]:
        """Return the lines of the text."""
        samples = sum(split.samples for split in self.splits)
        return [
            f"{self.dataset}: {self.product} dataset {self.content_hash}",
            *flag_lines(self.flagged_samples, samples),
            "",
            *_split_table(self.splits),
            "",
            *self._members(),
            *([] if self.samples is None else ["", *self.samples.describe()]),
            "",
            f"drops: {sum(self.drops.values()):,}",
            *(f"  {reason}: {count:,}" for reason, count in self.drops.items()),
            "",
            f"built by {self.software}",
            *self.made_from,
            f"inputs, whose hashes are in {DATASET}: {', '.join(self.inputs)}",
            *self.remarks,
            "",
            "to make it again:",
            f"  {self.command}",
        ]

    def _members(self) -> list[str]:
        """List the members, and the unit and the frame of reference of each array."""
        arrays = [
            f"{each.field} {each.dtype} ({', '.join(map(str, each.shape))})" for each in self.arrays
        ]
        rows = [("array", "unit", "frame of reference")]
        rows += [(each.field, each.unit or NONE, each.frame or NONE) for each in self.arrays]
        return ["members: " + ", ".join([*arrays, *self.texts]), "", *table(rows)]


def _split_table(splits: tuple[SplitTotals, ...]) -> list[str]:
    rows = [
        (
            each.split,
            f"{each.samples:,}",
            f"{each.frames:,}",
            str(each.shards),
            f"{each.bytes / 1e6:,.1f}",
            "",
        )
        for each in splits
    ]
    return table([("split", "samples", "frames", "shards", "MB", ""), *rows], numbers=True)
