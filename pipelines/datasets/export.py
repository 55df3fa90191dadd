"""Export a dataset to files, for trainers that do not read shards.

Each file is complete or absent, and existing files are not written again, so that the same command
resumes an interrupted export.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.datasets.export_folder import ExportFolder
from pipelines.datasets.export_layouts import ARRAY_LAYOUTS, RECOVERY_LAYOUTS, Layout
from pipelines.datasets.export_options import TRAINER_FORMATS, ExportOptions
from pipelines.datasets.trainer_trees import TRAINER_TREES
from pipelines.engine.description import ProductDescription
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_possible_folder
from pipelines.engine.progress import Progress, Rate
from pipelines.engine.reports import Report
from pipelines.products.descriptions import Describe, describe_dataset
from pipelines.products.descriptions import describe as describe_product
from shards.format.dataset import Dataset
from shards.format.hashing import hash_bytes

LAYOUTS: Mapping[str, type[Layout]] = ARRAY_LAYOUTS | TRAINER_TREES | RECOVERY_LAYOUTS
"""The layouts, by format."""


@dataclass(frozen=True)
class ExportedSplit:
    """The files of a split."""

    split: str
    clips: int
    frames: int
    list: Path
    """The list of the files."""

    def describe(self) -> str:
        """Describe the files in one line."""
        return (
            f"{self.split}: {counted(self.frames, 'frame')} of {counted(self.clips, 'clip')}, "
            f"listed in {self.list}"
        )


@dataclass(frozen=True)
class ExportReport(Report):
    """The result of an export."""

    folder: Path
    splits: tuple[ExportedSplit, ...]
    rate: Rate
    """What this run did. Earlier runs may have done the rest."""

    def lines(self) -> list[str]:
        """Return one line per split, and the rate."""
        return [*(split.describe() for split in self.splits), self.rate.describe()]


def export(
    path: Path, out: Path, options: ExportOptions, describe: Describe = describe_product
) -> ExportReport:
    """Write the files of a dataset that an earlier run did not write, and return a report.

    `describe` finds the description of the dataset's product by its name. Raises
    `InputError` or `ShardError` for invalid input before anything is written, and `AbortedError`
    for a failure of the machine; the same call then resumes the export.
    """
    expect_possible_folder(out)
    dataset = Dataset.open(path)
    splits = dataset.description.splits if options.split is None else [options.split]
    field = options.field or dataset.schema.main_field
    product = describe_dataset(dataset, describe)
    _check_format(path, product, options, field == dataset.schema.main_field)
    member = product.member(dataset.schema.suffixes.get(field, field))
    make = LAYOUTS[options.format]
    layouts = [make(dataset, split, member, options.seed) for split in splits]
    shared = make.shared_files(dataset, field)
    made_by = _made_by(dataset, replace(options, field=field), shared)
    folder = ExportFolder(out)
    with os_errors_as_aborted(out), folder.locked(made_by):
        rate = _write_files(folder, layouts)
        folder.write_files(shared.items())
        exported = tuple(_write_lists(folder, layout) for layout in layouts)
        folder.write_lists({} if options.split else make.joined_lists(layouts))
    return ExportReport(out, exported, rate)


def _check_format(
    path: Path, product: ProductDescription, options: ExportOptions, is_main_field: bool
) -> None:
    """Raise `InputError` if trainers do not read the product in the chosen format."""
    if options.format not in TRAINER_FORMATS:
        return
    if options.format not in product.trainer_formats:
        usable = list(ARRAY_LAYOUTS)
        raise InputError(
            f"{path}: a dataset of {product.name} cannot be exported as {options.format}; choose "
            f"one of {', '.join([*usable, *product.trainer_formats])}"
        )
    if not is_main_field:
        raise InputError(f"--field has no effect with --format {options.format}; leave it out")


def _made_by(
    dataset: Dataset, options: ExportOptions, shared: Mapping[str, bytes]
) -> dict[str, Any]:
    """Return everything that may change a byte of a file."""
    parameters = asdict(options)
    del parameters["split"]
    files = {name: hash_bytes(content) for name, content in shared.items()}
    statistics = {"statistics": files} if files else {}
    return {"dataset": dataset.content_hash, **parameters, **statistics}


def _write_files(folder: ExportFolder, layouts: Sequence[Layout]) -> Rate:
    """Write the missing files and return the rate."""
    missing = [(layout, group) for layout in layouts for group in folder.missing_groups(layout)]
    frames = sum(int(layout.lengths.sum()) for layout in layouts)
    to_do = sum(layout.frames(group) for layout, group in missing)
    with Progress(frames, frames - to_do, sys.stderr) as progress:
        for layout, group in missing:
            folder.write_group(layout, group)
            progress.advance(layout.frames(group))
    return progress.rate


def _write_lists(folder: ExportFolder, layout: Layout) -> ExportedSplit:
    """Write the lists of a split's files, and describe them."""
    path = folder.write_lists(layout.lists())[0]
    return ExportedSplit(layout.split, len(layout.keys), int(layout.lengths.sum()), path)
