"""Input files in columns: what changed is what two dictionaries say, and the hash knows it."""

import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine.file_stats import (
    COLUMNS,
    NO_FILES,
    changed_files,
    files_about,
    hash_files,
    stamps_of,
    stat_files,
)

NAMES = st.sampled_from(["a", "b/c", "b", "é", "\udcff"])
STATS = st.one_of(st.none(), st.tuples(st.integers(0, 2), st.integers(0, 2)))
FILES = st.dictionaries(st.tuples(st.sampled_from(["recordings", "captions"]), NAMES), STATS)
Files = dict[tuple[str, str], tuple[int, int] | None]


def to_table(files: Files) -> pa.Table:
    rows = [
        (kind, os.fsencode(name), *(stat or (None, None))) for (kind, name), stat in files.items()
    ]
    records = [dict(zip(COLUMNS.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(records, COLUMNS)


@given(FILES, FILES)
def test_changed_files_are_those_that_differ_or_are_in_one_of_both(
    before: Files, now: Files
) -> None:
    expected: dict[str, list[str]] = {}
    for kind, name in sorted(
        before.keys() | now.keys(), key=lambda of: (of[0], os.fsencode(of[1]))
    ):
        # A file that is not there, and one that nobody asked for, are the same to a plan.
        if before.get((kind, name)) != now.get((kind, name)):
            expected.setdefault(kind, []).append(name)
    assert dict(changed_files(to_table(before), to_table(now))) == expected


@given(FILES, FILES)
def test_files_have_one_hash_however_they_are_cut_and_others_another(
    files: Files, others: Files
) -> None:
    table = to_table(files)
    cut = pa.concat_tables([NO_FILES, *(table[at : at + 1] for at in range(len(table)))])
    assert hash_files(cut) == hash_files(table)
    assert (hash_files(to_table(others)) == hash_files(table)) == table.equals(to_table(others))


@given(FILES, st.sets(NAMES))
def test_what_is_said_of_some_files_is_what_was_said_of_them_all(
    files: Files, names: set[str]
) -> None:
    expected = {of: stat for of, stat in files.items() if of[0] == "captions" and of[1] in names}
    assert files_about(to_table(files), {"captions": names}).equals(to_table(expected))


def test_files_are_told_by_size_and_time_each_once_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"123")
    os.utime(tmp_path / "b", ns=(0, 7_000_000_001))
    (tmp_path / "dangling").symlink_to("nothing")
    names = pa.chunked_array([[b"dangling", b"b"], [b"b"]])
    found = stat_files("recordings", tmp_path, names)
    assert found.equals(
        to_table({("recordings", "b"): (3, 7_000_000_001), ("recordings", "dangling"): None})
    )
    stamps = stamps_of(found, "recordings", names)
    assert stamps.to_pydict() == {
        "bytes": [None, 3, 3],
        "changed_ns": [None, 7_000_000_001, 7_000_000_001],
    }


def test_a_file_that_has_gone_since_it_was_listed_is_no_absent_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        stat_files("captions", tmp_path, pa.chunked_array([[b"gone"]]))
