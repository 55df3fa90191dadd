"""A picture of some samples of a dataset, for a visual check before training.

The description of the dataset's product says how to draw them, or that there is no picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset
from pipelines.engine.progress import Progress
from pipelines.engine.reports import Report
from pipelines.products.descriptions import Describe, describe_dataset
from pipelines.products.descriptions import describe as describe_product
from shards.format.dataset import Dataset
from shards.format.places import Place

PICTURED = 8
"""Default number of clips in a picture."""
MOST_PICTURED = 200
"""Maximum number of clips in a picture. Most programs cannot show a taller picture."""


@dataclass(frozen=True)
class PreviewReport(Report):
    """A picture that was drawn."""

    picture: Path
    keys: tuple[str, ...]
    """Keys of the samples in the picture, from top to bottom."""

    def lines(self) -> list[str]:
        """Return a line with the path of the picture."""
        return [f"a picture of scans: {self.picture}"]


def preview(
    path: Place,
    out: Path,
    keys: Sequence[str] = (),
    clips: int = PICTURED,
    split: str | None = None,
    describe: Describe = describe_product,
    stream: TextIO | None = None,
) -> PreviewReport:
    """Draw a PNG of some samples of a dataset: those of `keys`, or evenly spaced ones.

    `describe` finds the description of the dataset's product by its name. Progress is written to
    `stream`. Raises `InputError` or
    `ShardError` for a dataset without a picture, for an unknown key or split, and if there is
    nothing to draw.
    """
    dataset = Dataset.open(path)
    draw = describe_dataset(dataset, describe).drawing(dataset)
    _expect_place(out)
    if not 1 <= clips <= MOST_PICTURED or len(keys) > MOST_PICTURED:
        raise InputError(f"clips: expected 1 to {MOST_PICTURED}, found {max(clips, len(keys))}")
    chosen = tuple(keys) or _spread(dataset, split, clips)
    with (
        os_errors_as_aborted(out.parent),
        Progress(len(chosen), 0, stream, "clips") as progress,
    ):
        out.parent.mkdir(parents=True, exist_ok=True)
        draw(progress.over(chosen), out)
    return PreviewReport(out, chosen)


def _expect_place(out: Path) -> None:
    """Refuse a name that does not end with .png, and a path inside a dataset."""
    if out.suffix.lower() != ".png":
        raise InputError(f"{out}: expected a name that ends with .png; choose another --out")
    expect_no_dataset(out)


def _spread(dataset: Dataset, split: str | None, clips: int) -> tuple[str, ...]:
    """Return the keys of up to `clips` evenly spaced samples of a split, or of all splits."""
    splits = dataset.description.splits
    shards = dataset.description.shards if split is None else dataset.shards_of(split)
    keys = [row.key for shard in shards for row in dataset.rows_of(shard)]
    if not keys:
        raise InputError(
            f"{dataset.place}: has no samples to draw ({counted(len(splits), 'split')})"
        )
    places = np.linspace(0, len(keys) - 1, min(clips, len(keys))).round().astype(int)
    return tuple(keys[place] for place in places)
