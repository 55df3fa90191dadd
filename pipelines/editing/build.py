"""Carry out an edit: write its dataset, or resume an earlier run, and report it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.counting import counted
from pipelines.editing.copy_shard import ShardCopier
from pipelines.editing.edit import Edit
from pipelines.editing.product import EditedProduct
from pipelines.engine.build import build
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.engine.output_path import expect_apart
from pipelines.engine.progress import Rate
from pipelines.engine.reports import Report
from pipelines.engine.summary import counts_to_text
from pipelines.engine.text_tables import table
from shards.format.dataset import read_description
from shards.format.description import Description
from shards.format.places import Place


@dataclass(frozen=True)
class SplitCounts:
    """The samples of a split."""

    split: str
    samples: int
    frames: int
    shards: int


@dataclass(frozen=True)
class EditReport(Report):
    """The result of an edit."""

    dataset: Path
    """The folder of the new dataset."""
    command: str
    sources: tuple[Place, ...]
    source_samples: int
    """Number of samples of all sources that samples are taken from."""
    samples: int
    frames: int
    shards: int
    bytes: int
    """Total size of the shards."""
    members: tuple[str, ...]
    """The members of a sample."""
    splits: tuple[SplitCounts, ...]
    facts: Mapping[str, Any]
    """What only this command says."""
    warnings: tuple[str, ...]
    rate: Rate

    def lines(self) -> list[str]:
        """Return the splits, the totals, warnings and the rate."""
        rows = [
            (each.split, f"{each.samples:,}", f"{each.frames:,}", f"{each.shards:,}", "")
            for each in self.splits
        ]
        return [
            *table([("split", "samples", "frames", "shards", ""), *rows], numbers=True),
            "",
            f"{self.command}: {self.samples:,} of {counted(self.source_samples, 'sample')}, "
            f"{counted(self.frames, 'frame')}, {counted(self.shards, 'shard')}, "
            f"{self.bytes / 1e6:,.1f} MB in {self.dataset}",
            f"members: {', '.join(self.members)}",
            *(_fact_line(name, value) for name, value in self.facts.items()),
            *self.warnings,
            self.rate.describe(),
        ]


def _fact_line(name: str, value: Any) -> str:
    text = counts_to_text(value) if isinstance(value, Mapping) else f"{value:,}"
    return f"{name.replace('_', ' ')}: {text}"


MakeEdit = Callable[[], Edit]
"""Opens the sources and returns the edit; raises `InputError` or `ShardError` if it is refused."""


def edit(make: MakeEdit, sources: Sequence[Place], out: Path, execution: Execution) -> EditReport:
    """Write the dataset of an edit, or resume an earlier run; raises as `build` does."""
    for source in sources:
        if isinstance(source, Path):
            expect_apart(source, out)
    with os_errors_as_aborted(out):
        made = make()
        product = EditedProduct.of(made)
    built = build(product, out, execution, build_shard=ShardCopier())
    description = read_description(out)
    used = {*made.entries.origins[0].sources.tolist()}
    return EditReport(
        dataset=out,
        command=made.command,
        sources=tuple(sources),
        source_samples=sum(len(made.sources[number].manifest) for number in used),
        samples=built.samples,
        frames=built.frames,
        shards=built.shards,
        bytes=built.bytes,
        members=tuple(member.suffix for member in made.members),
        splits=tuple(_counts(description, split) for split in description.splits),
        facts=made.facts,
        warnings=tuple(built.warnings),
        rate=built.rate,
    )


def _counts(description: Description, split: str) -> SplitCounts:
    shards = description.shards_of(split)
    samples, frames = (
        sum(getattr(shard, name) for shard in shards) for name in ("samples", "frames")
    )
    return SplitCounts(split, samples, frames, len(shards))
