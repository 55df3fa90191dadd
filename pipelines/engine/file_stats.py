"""The many input files of a build, identified by size and time of last change, in columns.

A build stops if it finds another file than its plan lists. A file that the machine could not read,
or lost for a while, must not look as if the archive never had it.

There are from tens of thousands to a million recordings and caption files. Hashing them on every
resume would take too long, and storing their names as objects would take too much memory.
"""

import os
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from motiondata.files import Stamp, find_stamp
from shards.format.hashing import hash_values

COLUMNS = pa.schema(
    [
        ("kind", pa.string()),
        ("name", pa.binary()),
        ("bytes", pa.int64()),
        ("changed_ns", pa.int64()),
    ]
)
"""The kind of file; its path relative to the folder of its kind, not always UTF-8; its size in
bytes and the time of its last change in nanoseconds, both null if there is no file."""
NO_FILES = COLUMNS.empty_table()
BATCH_FILES = 65_536


def stat_files(kind: str, root: Path, names: pa.Array) -> pa.Table:
    """Return the sizes and times of files below a root, once per file, sorted by name.

    Raises `OSError` if a file has disappeared since it was listed, or if its status cannot be read.
    """
    named = pc.unique(names).take(pc.sort_indices(pc.unique(names)))
    folder = os.path.join(os.fsencode(root), b"")  # noqa: PTH118 (a million names)
    parts = [_stat_part(kind, folder, named[start : start + BATCH_FILES])
             for start in range(0, len(named), BATCH_FILES)]  # fmt: skip
    return pa.concat_tables([NO_FILES, *parts])


def _stat_part(kind: str, folder: bytes, names: pa.Array) -> pa.Table:
    sizes, times = zip(*(_size_and_time(folder + name) for name in names.to_pylist()), strict=True)
    columns = [[kind] * len(names), names, sizes, times]
    arrays = [pa.array(values, of) for values, of in zip(columns, COLUMNS.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=COLUMNS)


def _size_and_time(path: bytes) -> Stamp | tuple[None, None]:
    """Return the size and time of a file; None for both if it is a broken link.

    Raises `OSError` if the status cannot be read, or if the name no longer exists.
    """
    stamp = find_stamp(path)
    if stamp is None:
        os.lstat(path)
        return None, None
    return stamp


def stamps_of(files: pa.Table, kind: str, names: pa.ChunkedArray) -> pa.Table:
    """Return the size and time of the file of each name, null if there is no file."""
    of_kind = files.filter(pc.equal(files["kind"], kind)).combine_chunks()
    places = pc.index_in(names, of_kind["name"].combine_chunks())
    return of_kind.select(["bytes", "changed_ns"]).take(places)


def hash_files(files: pa.Table) -> str:
    """Return the hash of a table of files, independent of how it is split into chunks."""
    chunks = (chunk for name in ("kind", "name") for chunk in files[name].cast(pa.binary()).chunks)
    names = (b"".join(value + b"\0" for value in chunk.to_pylist()) for chunk in chunks)
    numbers = (pc.fill_null(files[name], -1).to_numpy() for name in ("bytes", "changed_ns"))
    return hash_values(*names, *numbers)


def files_about(files: pa.Table, named: Mapping[str, Set[str]]) -> pa.Table:
    """Return the rows of a table of files for the named files, given by kind."""
    parts = [NO_FILES]
    for kind, names in named.items():
        wanted = pa.array(sorted(map(os.fsencode, names)), pa.binary())
        of_kind = files.filter(pc.equal(files["kind"], kind))
        parts.append(of_kind.filter(pc.is_in(of_kind["name"], wanted)))
    return pa.concat_tables(parts)


def changed_files(before: pa.Table, now: pa.Table) -> Iterator[tuple[str, list[str]]]:
    """Yield each kind with the sorted names of its files that were changed, added or removed."""
    keys = ["kind", "name"]
    how = {"join_type": "full outer", "left_suffix": "_before", "use_threads": False}
    both = before.join(now, keys, **how)
    pairs = [(both[f"{name}_before"], both[name]) for name in COLUMNS.names if name not in keys]
    same = [pc.equal(pc.fill_null(old, -1), pc.fill_null(new, -1)) for old, new in pairs]
    changed = both.filter(pc.invert(pc.and_(*same))).sort_by([(key, "ascending") for key in keys])
    for kind in dict.fromkeys(changed["kind"].to_pylist()):
        names = changed.filter(pc.equal(changed["kind"], kind))["name"].to_pylist()
        yield kind, [os.fsdecode(name) for name in names]
