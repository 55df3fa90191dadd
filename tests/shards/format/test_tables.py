"""Tables and the manifest: the same rows give the same bytes, and only valid rows are accepted."""

import random
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from shards.errors import DatasetError, ShardError
from shards.format.hashing import hash_file
from shards.format.manifest import ManifestRow, manifest_table, parquet_to_manifest, table_to_rows
from shards.format.tables import (
    ROW_GROUP_ROWS,
    columns_to_table,
    parquet_to_table,
    rows_to_table,
    write_table,
    writing_table,
)
from shards.format.writing import Span
from tests.support.dataset import COLUMNS, SCHEMA
from tests.support.parquet import table_to_parquet

PLACES = {suffix: Span(512 * number, number) for number, suffix in enumerate(SCHEMA.members, 1)}
ROWS = [
    ManifestRow(key, "train/000000.tar", frames, PLACES, {"captions": captions})
    for key, frames, captions in [("a", 3, ["walks", "café"]), ("b", 1, []), ("M000001", 0, None)]
]


def test_rows_survive_the_round_trip() -> None:
    data = table_to_parquet(manifest_table(SCHEMA, ROWS, COLUMNS))
    assert table_to_rows(SCHEMA, parquet_to_manifest(SCHEMA, data)) == ROWS


def test_the_same_rows_give_the_same_bytes_however_they_came_together() -> None:
    whole = manifest_table(SCHEMA, ROWS, COLUMNS)
    parts = pa.concat_tables([manifest_table(SCHEMA, [row], COLUMNS) for row in ROWS])
    assert table_to_parquet(whole) == table_to_parquet(parts)


def test_a_written_table_is_recorded_with_its_hash(tmp_path: Path) -> None:
    entry = write_table(tmp_path / "drops.parquet", manifest_table(SCHEMA, ROWS, COLUMNS))
    path = tmp_path / "drops.parquet"
    assert (entry.name, entry.bytes, entry.rows) == (path.name, path.stat().st_size, len(ROWS))
    assert entry.blake3 == hash_file(path)


def test_a_table_without_rows_is_a_table() -> None:
    data = table_to_parquet(manifest_table(SCHEMA, [], COLUMNS))
    assert parquet_to_manifest(SCHEMA, data).num_rows == 0


COLUMN = pa.schema([pa.field("row", pa.int64(), nullable=False)])


@pytest.mark.parametrize("rows", [0, 1, ROW_GROUP_ROWS, 3 * ROW_GROUP_ROWS + 5])
def test_a_table_written_part_by_part_has_the_bytes_of_one_written_at_once(
    tmp_path: Path, rows: int
) -> None:
    table = pa.table({"row": pa.array(range(rows), pa.int64())}, COLUMN)
    cuts = sorted(random.Random(rows).choices(range(rows + 1), k=9))  # noqa: S311
    with writing_table(tmp_path / "parts", COLUMN) as writer:
        for start, stop in pairwise([0, *cuts, rows]):
            writer.write(table[start:stop])
    assert (tmp_path / "parts").read_bytes() == table_to_parquet(table)
    assert writer.entry("parts") == write_table(tmp_path / "parts", table)


def test_a_table_whose_rows_end_in_an_error_is_absent(tmp_path: Path) -> None:
    parts = [pa.table({"row": [0] * ROW_GROUP_ROWS}, COLUMN), pa.table({"line": [0]})]
    with (
        suppress(pa.ArrowException),
        writing_table(tmp_path / "rows", COLUMN) as writer,
    ):
        for part in parts:
            writer.write(part)
    assert not [*tmp_path.iterdir()]


def test_columns_are_the_table_of_their_rows_or_refused() -> None:
    rows = [{"row": number} for number in range(3)]
    assert columns_to_table({"row": [0, 1, 2]}, COLUMN).equals(rows_to_table(rows, COLUMN))
    for wrong in ({"line": [0]}, {"row": ["a"]}, {"row": [None]}):
        with pytest.raises(ShardError, match=r"expected|match|nulls"):
            columns_to_table(wrong, COLUMN)


def test_rows_that_are_taken_part_by_part_are_the_table_of_them_all() -> None:
    rows = [{"row": number} for number in range(2 * ROW_GROUP_ROWS + 1)]
    assert rows_to_table(iter(rows), COLUMN).equals(pa.Table.from_pylist(rows, COLUMN))
    rows[-1] = {"line": 0}
    with pytest.raises(ShardError, match=f"row {len(rows) - 1} "):
        rows_to_table(rows, COLUMN)


UNFIT: dict[str, dict[str, Any]] = {
    "a column too few": {},
    "a column too many": {"row": 1, "col": 2},
    "another type": {"row": "one"},
    "a number too large": {"row": 2**63},
    "no value where there must be one": {"row": None},
}


@pytest.mark.parametrize("row", UNFIT.values(), ids=UNFIT)
def test_a_row_that_does_not_fit_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ShardError, match="row"):
        rows_to_table([row], COLUMN)


def test_half_a_letter_is_refused() -> None:
    with pytest.raises(ShardError, match="does not match the columns"):
        rows_to_table([{"name": "\udc80"}], pa.schema([("name", pa.string())]))


def test_a_further_column_may_not_take_the_name_of_one_that_all_have() -> None:
    with pytest.raises(ShardError, match="is duplicate"):
        manifest_table(SCHEMA, [], pa.schema([("points_offset", pa.int64())]))


def test_bytes_that_are_no_table_are_refused() -> None:
    data = table_to_parquet(rows_to_table([{"row": 1}], COLUMN))
    for damaged in (b"", b"PAR1", data[:-1], data[: len(data) // 2]):
        with pytest.raises(DatasetError, match=r"drops\.parquet: expected a Parquet file"):
            parquet_to_table(damaged, "drops.parquet")


def test_no_flipped_bits_of_a_table_raise_anything_else() -> None:
    data = table_to_parquet(manifest_table(SCHEMA, ROWS, COLUMNS))
    for seed in range(300):
        chance = random.Random(seed)  # noqa: S311
        changed = bytearray(data)
        for _ in range(3):
            changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with suppress(DatasetError):
            parquet_to_manifest(SCHEMA, bytes(changed))


def test_a_manifest_lacks_no_column_and_no_value() -> None:
    table = manifest_table(SCHEMA, ROWS, COLUMNS)
    for name in ("key", "frames", "hits_offset", "txt_size"):
        with pytest.raises(DatasetError, match=f"no column '{name}'"):
            parquet_to_manifest(SCHEMA, table_to_parquet(table.drop_columns([name])))
    nullable = table.set_column(0, "key", pa.array(["a", None, "b"]))
    with pytest.raises(DatasetError, match="no column 'key' of type string without nulls"):
        parquet_to_manifest(SCHEMA, table_to_parquet(nullable))


@pytest.mark.parametrize("key", ["../../etc/passwd", "a.b", "", "a\nb", "/a"])
def test_a_manifest_with_a_key_that_is_no_name_is_refused(key: str) -> None:
    row = ManifestRow(key, "train/000000.tar", 1, PLACES)
    with pytest.raises(DatasetError, match="keys"):
        parquet_to_manifest(SCHEMA, table_to_parquet(manifest_table(SCHEMA, [row])))
