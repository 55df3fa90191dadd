"""Plan the clips of a build before any work starts: every row becomes a planned clip or a drop.

The driver reads the index, the splits and the archive's folders once. The plan decides the
dataset's bytes. Workers only execute it.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from operator import attrgetter

import pyarrow as pa
import pyarrow.compute as pc

from motiondata.counting import counted
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.sources.humanml3d.archive import Archive
from motiondata.sources.humanml3d.index import Row, iter_index
from motiondata.sources.humanml3d.splits import Splits, read_splits
from motiondata.sources.humanml3d.trimming import expect_clip_length
from motiondata.sources.humanml3d.whole_recordings import find_whole_recordings
from motiondata.sources.joints.humanact12 import HumanAct12
from pipelines.clips.inputs import InputFolders
from pipelines.clips.keys import FURTHER
from pipelines.clips.options import ClipSelection
from pipelines.clips.planned_clips import RECORDING, ROW_COLUMNS, SPLIT_COLUMNS, PlannedClips
from pipelines.clips.unresolved_recordings import scan_archive
from pipelines.engine.drops import Drop, one_line

ALL = "all"
"""The split of every clip when no split lists are given."""
BATCH_ROWS = 65_536
"""The number of rows that exist as objects at a time."""
NAME_LETTERS = 70
"""The maximum length of a name in a warning. Names in an index have at most 64 letters."""

Locate = Callable[[Row], str]
"""Returns the path of a row's recording below the archive's root, or raises `RecordingError`."""

SplitValues = tuple[str | None, bool, bool]
"""The values of `SPLIT_COLUMNS` for a row."""


def rows_and_places(selection: ClipSelection) -> tuple[Iterator[Row], Locate]:
    """Return the rows of the index, or of whole recordings, and the function that locates them."""
    if selection.has_index:
        archive = scan_archive(selection.amass, lambda: iter_index(selection.index))
        rows = iter_index(selection.index)
        if selection.humanact12 is None:
            return rows, archive.locate
        joints = HumanAct12.scan(selection.humanact12)
        return map(joints.with_frames, rows), partial(_locate_either, archive, joints)
    whole = find_whole_recordings(selection.index, selection.amass, mirror=selection.mirror)
    return iter(whole.rows), whole.locate


def _locate_either(archive: Archive, joints: HumanAct12, row: Row) -> str:
    return (joints if row.is_humanact12 else archive).locate(row)


def list_rows(
    read: Iterator[Row], selection: ClipSelection, paths: InputFolders
) -> tuple[pa.Table, tuple[str, ...]]:
    """Read the rows and the split lists. Return the table of rows, and warnings about the lists.

    The lists take much more memory than the columns that are kept.
    """
    rows = pa.Table.from_batches(map(_to_batch, _batches(read)), ROW_COLUMNS)
    names = rows["name"].to_pylist()
    splits = None if paths.splits is None else read_splits(paths.splits, names)
    columns = zip(*_listed(names, splits, selection.mirror), strict=True)
    for field, values in zip(SPLIT_COLUMNS, columns, strict=True):
        rows = rows.append_column(field, pa.array(values, field.type))
    return rows, _unknown_names(splits)


def _unknown_names(splits: Splits | None) -> tuple[str, ...]:
    """Return a warning with the number of listed names that the index lacks, if there are any."""
    if splits is None or not splits.unknown:
        return ()
    name, split = next(iter(splits.unknown.items()))
    names, example = counted(len(splits.unknown), "name"), one_line(name, NAME_LETTERS)
    return (f"the split lists have {names} that the index lacks, such as {example} in {split}.txt",)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


def _to_batch(rows: list[Row]) -> pa.RecordBatch:
    fields = zip(*map(attrgetter(*ROW_COLUMNS.names), rows), strict=True)
    columns = dict(zip(ROW_COLUMNS.names, fields, strict=True))
    return pa.RecordBatch.from_pydict(columns, ROW_COLUMNS)


def _listed(names: list[str], splits: Splits | None, mirror: bool) -> Iterator[SplitValues]:
    """Yield per clip: its split, whether it is listed, whether its mirrored version is listed.

    Without `mirror`, the mirrored version counts as not listed. Without split lists, every clip is
    listed in the split `ALL`.
    """
    if splits is None:
        yield from ((ALL, True, mirror) for _ in names)
        return
    for name in names:
        unmirrored = splits.of_clip.get(name)
        mirrored = splits.of_mirrored_clip.get(MIRRORED_PREFIX + name) if mirror else None
        yield unmirrored or mirrored, unmirrored is not None, mirrored is not None


def plan_clips(
    rows: pa.Table,
    locate: Locate,
    limit: int | None,
    samples_per_variant: int,
    rate: float | None = None,
) -> tuple[PlannedClips, list[Drop]]:
    """Plan or drop each row, up to the limit of clips. Return the planned clips and the drops.

    `rate` is the frame rate of samples, Hz; None is HumanML3D's stride rule.
    """
    drops: list[Drop] = []
    found = [pa.schema([*rows.schema, RECORDING]).empty_table()]
    for batch in rows.to_batches(BATCH_ROWS):
        left = None if limit is None else limit - sum(map(len, found))
        recordings = [*_locate(_to_rows(batch), locate, drops, left)]
        part = pa.Table.from_batches([batch])[: len(recordings)]
        part = part.append_column(RECORDING, pa.array(recordings, RECORDING.type))
        found.append(part.filter(pc.is_valid(part["recording"])))
    return PlannedClips(pa.concat_tables(found), samples_per_variant, rate), drops


def _to_rows(batch: pa.RecordBatch) -> Iterator[tuple[Row, str | None]]:
    """Yield each row and its split."""
    *fields, splits = (batch[name].to_pylist() for name in (*ROW_COLUMNS.names, "split"))
    return zip(map(Row, *fields), splits, strict=True)


def _locate(
    rows: Iterable[tuple[Row, str | None]], locate: Locate, drops: list[Drop], limit: int | None
) -> Iterator[bytes | None]:
    """Yield the recording of each row, or None for a drop. Stop after `limit` recordings."""
    for row, split in rows:
        if limit == 0:
            return
        try:
            recording = locate(row)
            _expect_split(row, split)
            expect_clip_length(row)  # now, or one wrong length could dominate the shard sizes
            yield os.fsencode(recording)
            limit = None if limit is None else limit - 1
        except RecordingError as error:
            drops.append(Drop.of(row, "plan", error))
            yield None


def _expect_split(row: Row, split: str | None) -> None:
    if split is None:
        raise RecordingError(DropReason.NO_SPLIT, f"{row.name}: no split list names it")


def check_distinct_keys(clips: PlannedClips) -> None:
    """Raise `InputError` if two samples have the same key, regardless of case.

    Row names are distinct, but the suffix of a further sample can make a key equal to another name.
    """
    names, is_single = clips.table["name"], clips.samples_per_variant == 1
    if is_single or not pc.any(pc.match_substring_regex(names, FURTHER)).as_py():
        return
    seen: set[str] = set()
    for key in (key for clip in clips.rows(0, len(clips)) for key in clip.keys):
        if key.casefold() in seen:
            raise InputError(
                f"two samples would be called {key}: rename a row of the index, or a recording"
            )
        seen.add(key.casefold())
