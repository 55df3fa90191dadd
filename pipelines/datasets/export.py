"""Export a dataset to files, for trainers that do not read shards.

Each file is complete or absent, and existing files are not written again, so that the same command
resumes an interrupted export. The list of a split's files is written last: if it exists, the split
is complete.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.datasets.export_layouts import LAYOUTS, Layout, Line
from pipelines.datasets.export_options import ExportOptions
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.engine.progress import Progress, Rate
from pipelines.engine.reports import Report
from pipelines.engine.run_lock import expect_lock
from pipelines.engine.settings import REMOVE_THE_FOLDER, expect_same_settings
from pipelines.products.descriptions import Describe, describe_dataset
from pipelines.products.descriptions import describe as describe_product
from shards.format.dataset import Dataset
from shards.format.paths import inside
from shards.format.publishing import publish, publishing, remove_temporaries
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json

EXPORT = "export.json"
"""Records the dataset and the options of the files in the folder. It is written first."""
LOCK = "export.lock"
"""Lock file of the writing process. It is never replaced, so that all processes lock one file."""


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
    member = product.member(dataset.schema.suffixes.get(field, field))
    make = LAYOUTS[options.format]
    layouts = [make(dataset, split, member, options.seed) for split in splits]
    made_by = _made_by(dataset, replace(options, field=field))
    with os_errors_as_aborted(out), _holding(out, made_by):
        rate = _write_files(out, layouts)
        exported = tuple(_write_list(out, layout) for layout in layouts)
    return ExportReport(out, exported, rate)


def _made_by(dataset: Dataset, options: ExportOptions) -> dict[str, Any]:
    """Return everything that may change a byte of a file."""
    parameters = asdict(options)
    del parameters["split"]
    return {"dataset": dataset.content_hash, **parameters}


@contextmanager
def _holding(out: Path, made_by: Mapping[str, Any]) -> Iterator[None]:
    """Lock a folder for this export while the block runs, or raise and leave it unchanged.

    Raises `InputError` for a folder with other files or of another export, and `AbortedError` while
    another process writes into it.
    """
    expect_no_dataset(out)
    path = inside(out, EXPORT)
    if not path.exists():
        _expect_empty(out)
        out.mkdir(parents=True, exist_ok=True)
    with inside(out, LOCK).open("a+b") as lock:
        expect_lock(out, lock, "export")
        if not path.exists():
            publish(path, to_self_hashed_json(made_by))
        begun = from_self_hashed_json(path.read_bytes(), str(path))
        expect_same_settings(out, begun, made_by, REMOVE_THE_FOLDER)
        remove_temporaries(out)
        yield


def _expect_empty(out: Path) -> None:
    """Raise `InputError` if `out` has files other than an unfinished `export.json` and the lock."""
    begun = (EXPORT, LOCK)
    if out.exists() and any(not path.name.startswith(begun) for path in out.iterdir()):
        raise InputError(
            f"{out}: expected a new or empty folder, or one of this export's, found other files; "
            f"choose another --out"
        )


def _write_files(out: Path, layouts: Sequence[Layout]) -> Rate:
    """Write the missing files and return the rate."""
    waiting = [
        (layout, group)
        for layout in layouts
        for group in range(len(layout))
        if not all((out / name).exists() for name in layout.names(group))
    ]
    frames = sum(int(layout.lengths.sum()) for layout in layouts)
    to_do = sum(layout.frames(group) for layout, group in waiting)
    with Progress(frames, frames - to_do, sys.stderr) as progress:
        for layout, group in waiting:
            _write_group(out, layout, group)
            progress.advance(layout.frames(group))
    return progress.rate


def _write_group(out: Path, layout: Layout, group: int) -> None:
    for name, content in zip(layout.names(group), layout.contents(group), strict=True):
        path = inside(out, name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            publish(path, content)


def _write_list(out: Path, layout: Layout) -> ExportedSplit:
    """Write the list of a split's files unless it exists.

    No name contains a comma or a quote: `shards.format.paths` defines the characters allowed in
    keys and splits.
    """
    path = inside(out, f"{layout.split}.csv")
    if not path.exists():
        with publishing(path) as file:
            for line in _lines(layout):
                file.write(f"{','.join(map(str, line))}\n".encode("ascii"))
    return ExportedSplit(layout.split, len(layout.keys), int(layout.lengths.sum()), path)


def _lines(layout: Layout) -> Iterator[Line]:
    yield layout.columns
    for group in range(len(layout)):
        yield from layout.listed(group)
