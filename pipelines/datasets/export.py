"""Exporting a dataset into files, for trainers that read no shards.

Each file is whole or absent, and what is there is not made again, so that a stopped export is gone
on with by the same command. A split's list of files is written last: with it, the split is whole.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.datasets.export_layouts import LAYOUTS, Layout, Line
from pipelines.datasets.export_options import ExportOptions
from pipelines.engine.errors import AbortedError, expect_possible_folder, os_errors_as_aborted
from pipelines.engine.foreign_dataset import expect_no_dataset
from pipelines.engine.progress import Progress
from pipelines.engine.run_lock import try_lock
from shards.format.dataset import Dataset
from shards.format.paths import inside
from shards.format.publishing import publish, publishing, remove_temporaries
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json

EXPORT = "export.json"
"""Says of what, and how, a folder's files are made; it is written first."""
LOCK = "export.lock"
"""Held by whoever writes; it is never replaced, so that all who come hold one file."""


def export(path: Path, out: Path, options: ExportOptions) -> str:
    """Write a dataset's files, or what an earlier run left of them, and say what came of it.

    Raises `InputError` or `ShardError` for wrong input, before anything is written, and
    `AbortedError` where the machine stops it, which the same call then goes on with.
    """
    expect_possible_folder(out)
    dataset = Dataset.open(path)
    splits = dataset.description.splits if options.split is None else [options.split]
    make = LAYOUTS[options.format]
    layouts = [make(dataset, split, options.field, options.seed) for split in splits]
    with os_errors_as_aborted(out), _holding(out, _made_by(dataset, options)):
        rate = _write_files(out, layouts)
        lists = [_write_list(out, layout) for layout in layouts]
    return "\n".join([*lists, rate])


def _made_by(dataset: Dataset, options: ExportOptions) -> dict[str, Any]:
    """Return all that may change a byte of a file."""
    parameters = asdict(options)
    del parameters["split"]
    return {"dataset": dataset.content_hash, **parameters}


@contextmanager
def _holding(out: Path, made_by: Mapping[str, Any]) -> Iterator[None]:
    """Keep a folder to this export while the block runs, or raise and leave it as it is."""
    expect_no_dataset(out)
    path = inside(out, EXPORT)
    if not path.exists():
        _expect_empty(out)
        out.mkdir(parents=True, exist_ok=True)
    with inside(out, LOCK).open("a+b") as lock:
        if not try_lock(lock):
            raise AbortedError(f"{out}: another export is writing there; wait for its end")
        if not path.exists():
            publish(path, to_self_hashed_json(made_by))
        _expect_same(out, from_self_hashed_json(path.read_bytes(), str(path)), made_by)
        remove_temporaries(out)
        yield


def _expect_empty(out: Path) -> None:
    """Raise for other files than an `export.json` that was begun and not finished, and its lock."""
    begun = (EXPORT, LOCK)
    if out.exists() and any(not path.name.startswith(begun) for path in out.iterdir()):
        raise InputError(
            f"{out}: expected a new or empty folder, or one of this export's, found other files; "
            f"choose another --out"
        )


def _expect_same(out: Path, found: Mapping[str, Any], made_by: Mapping[str, Any]) -> None:
    differences = [
        f"{name} {found.get(name)!r}, now {value!r}"
        for name, value in made_by.items()
        if found.get(name) != value
    ]
    if differences:
        raise InputError(
            f"{out}: was begun with other parameters ({'; '.join(differences)}); "
            f"choose another --out"
        )


def _write_files(out: Path, layouts: Sequence[Layout]) -> str:
    """Write the files that are not there; return the rate."""
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


def _write_list(out: Path, layout: Layout) -> str:
    """Write the list of a split's files unless it is there, and say what it lists.

    No name has a comma or a quote: `shards.format.paths` says which letters keys and splits may
    have.
    """
    path = inside(out, f"{layout.split}.csv")
    if not path.exists():
        with publishing(path) as file:
            for line in _lines(layout):
                file.write(f"{','.join(map(str, line))}\n".encode("ascii"))
    frames = int(layout.lengths.sum())
    return (
        f"{layout.split}: {counted(frames, 'frame')} of {counted(len(layout.keys), 'clip')}, "
        f"listed in {path}"
    )


def _lines(layout: Layout) -> Iterator[Line]:
    yield layout.columns
    for group in range(len(layout)):
        yield from layout.listed(group)
