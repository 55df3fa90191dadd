"""The many files that a build reads, by size and time of last change, in columns.

A build that finds another file than its plan knows stops: what the machine could not read, or lost
for a while, must not look like an archive that never had it.

There are tens of thousands of recordings and caption files, or a million: too many gigabytes to be
hashed whenever a build is gone on with, and too many names to be kept as objects.
"""

import os
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from motiondata.files import Stamp, find_stamp
from shards.format.hashing import new_hash

COLUMNS = pa.schema(
    [
        ("kind", pa.string()),
        ("name", pa.binary()),
        ("bytes", pa.int64()),
        ("changed_ns", pa.int64()),
    ]
)
"""What kind of file; its path below the folder of its kind, not always UTF-8; its size, and when it
was last changed: null where there is none."""
NO_FILES = COLUMNS.empty_table()
BATCH_FILES = 65_536


def stat_files(kind: str, root: Path, names: pa.Array) -> pa.Table:
    """Return the sizes and times of files below a root, each once, in the order of their names.

    Raises `OSError` where one of them has gone since it was listed, or the machine cannot tell.
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
    """Return what tells a changed file; nothing of a link that leads to none.

    Raises `OSError` where the machine cannot tell, or not even the name is there any more.
    """
    stamp = find_stamp(path)
    if stamp is None:
        os.lstat(path)
        return None, None
    return stamp


def stamps_of(files: pa.Table, kind: str, names: pa.ChunkedArray) -> pa.Table:
    """Return the size and time of the file of each name, null where there is none."""
    of_kind = files.filter(pc.equal(files["kind"], kind)).combine_chunks()
    places = pc.index_in(names, of_kind["name"].combine_chunks())
    return of_kind.select(["bytes", "changed_ns"]).take(places)


def hash_files(files: pa.Table) -> str:
    """Return the hash of all that is said of files, however it is cut into chunks."""
    digest = new_hash()
    for name in ("kind", "name"):
        for chunk in files[name].cast(pa.binary()).chunks:
            digest.update(b"".join(value + b"\0" for value in chunk.to_pylist()))
    for name in ("bytes", "changed_ns"):
        digest.update(pc.fill_null(files[name], -1).to_numpy().astype("<i8").tobytes())
    return digest.hexdigest()


def files_about(files: pa.Table, named: Mapping[str, Set[str]]) -> pa.Table:
    """Return what is said of these files, by kind."""
    parts = [NO_FILES]
    for kind, names in named.items():
        wanted = pa.array(sorted(map(os.fsencode, names)), pa.binary())
        of_kind = files.filter(pc.equal(files["kind"], kind))
        parts.append(of_kind.filter(pc.is_in(of_kind["name"], wanted)))
    return pa.concat_tables(parts)


def changed_files(before: pa.Table, now: pa.Table) -> Iterator[tuple[str, list[str]]]:
    """Yield the names of the files that changed, came or went, in order, by kind."""
    keys = ["kind", "name"]
    how = {"join_type": "full outer", "left_suffix": "_before", "use_threads": False}
    both = before.join(now, keys, **how)
    pairs = [(both[f"{name}_before"], both[name]) for name in COLUMNS.names if name not in keys]
    same = [pc.equal(pc.fill_null(old, -1), pc.fill_null(new, -1)) for old, new in pairs]
    changed = both.filter(pc.invert(pc.and_(*same))).sort_by([(key, "ascending") for key in keys])
    for kind in dict.fromkeys(changed["kind"].to_pylist()):
        names = changed.filter(pc.equal(changed["kind"], kind))["name"].to_pylist()
        yield kind, [os.fsdecode(name) for name in names]
