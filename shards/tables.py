"""Tables as Parquet files: the same rows give the same bytes, and reading trusts nothing.

Rows are plain dictionaries. Every option that changes bytes is fixed here, and no time, index or
host is stored; Parquet does store the version of its writer, so equal bytes need an equal pyarrow.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shards.errors import DatasetError, ShardError
from shards.hashing import check_entry, hash_bytes
from shards.publishing import publish

ROW_GROUP_ROWS = 65_536


@dataclass(frozen=True)
class TableEntry:
    """A table beside the shards: the manifest, or the drops."""

    name: str
    bytes: int
    blake2b: str
    rows: int

    def __post_init__(self) -> None:
        check_entry(self.blake2b, self.bytes, self.rows)


def write_table(path: Path, table: pa.Table) -> TableEntry:
    """Publish a table as a Parquet file, and return its record for `dataset.json`."""
    data = table_to_parquet(table)
    publish(path, data)
    return TableEntry(path.name, len(data), hash_bytes(data), table.num_rows)


def rows_to_table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; every row has every column, and no other.

    Rows are taken some thousand at a time: as dictionaries they are twenty times their table.
    """
    checked = _checked(rows, schema)
    tables = [schema.empty_table()]
    try:
        while part := list(islice(checked, ROW_GROUP_ROWS)):
            tables.append(pa.Table.from_pylist(part, schema=schema))
        table = pa.concat_tables(tables)
        table.validate(full=True)
    except (pa.ArrowException, UnicodeEncodeError, OverflowError) as error:
        raise ShardError(f"a row does not fit its table: {error}") from error
    for column in schema:
        if not column.nullable and table[column.name].null_count:
            raise ShardError(f"the column {column.name!r} has nulls, which it may not")
    return table


def _checked(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> Iterator[dict[str, Any]]:
    names = set(schema.names)
    for number, row in enumerate(rows):
        if row.keys() != names:
            raise ShardError(f"row {number} has {sorted(row)}; expected {sorted(names)}")
        yield dict(row)


def table_to_parquet(table: pa.Table) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.combine_chunks(),
        sink,
        row_group_size=ROW_GROUP_ROWS,
        version="2.6",
        compression="zstd",
        compression_level=3,
    )
    return bytes(sink.getvalue())


def parquet_to_table(data: bytes, where: str) -> pa.Table:
    """Return the table that the bytes of a Parquet file hold."""
    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DatasetError(where, f"expected a Parquet file: {error}") from error
    return table
