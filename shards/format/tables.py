"""Write and read tables as Parquet files: equal rows give equal bytes, and input is not trusted.

Rows are plain dictionaries. Every option that affects the bytes is fixed here, and no time, index
or host name is stored. Parquet stores the version of its writer, so equal bytes require the same
version of pyarrow.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from shards.errors import DatasetError, ShardError
from shards.format.hashing import check_entry, new_hash
from shards.format.publishing import Permit, publishing

ROW_GROUP_ROWS = 65_536
ROWS_PER_BYTE, VALUES_PER_BYTE, UNPACKED_PER_BYTE = 8, 256, 256
"""Limits on what one byte of a Parquet file may declare. Each row of a build has a unique key, so
it needs at least one byte; lists of captions may contain many equal values."""


@dataclass(frozen=True)
class TableEntry:
    """A table file of a dataset: the manifest or the drops."""

    name: str
    bytes: int
    blake3: str
    rows: int

    def __post_init__(self) -> None:
        check_entry(self.blake3, self.bytes, self.rows)


def write_table(path: Path, table: pa.Table, permit: Permit = nullcontext) -> TableEntry:
    """Publish a table as a Parquet file, and return its entry for `dataset.json`."""
    with writing_table(path, table.schema, permit) as writer:
        writer.write(table)
    return writer.entry(path.name)


@contextmanager
def writing_table(
    path: Path, schema: pa.Schema, permit: Permit = nullcontext
) -> Iterator["TableWriter"]:
    """Yield a writer that writes a table in parts to a file that is published atomically.

    The bytes equal those of the table written at once. At most one row group is kept in memory.
    """
    with publishing(path, permit) as file:
        writer = TableWriter(file, schema)
        try:
            yield writer
            writer.close()
        except BaseException:
            writer.abandon()
            raise


class TableWriter:
    """Write rows as Parquet, in row groups of fixed size, regardless of the size of the parts."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self.rows = 0
        """The number of rows written; pending rows wait until they fill a row group."""
        self._file = _HashedFile(file)
        self._parquet = _parquet_writer(pa.PythonFile(self._file, "w"), schema)
        self._pending = [schema.empty_table()]

    def write(self, part: pa.Table) -> None:
        """Append rows; their columns must be those of the table."""
        self._pending.append(part)
        if sum(map(len, self._pending)) >= ROW_GROUP_ROWS:
            rows = pa.concat_tables(self._pending)
            whole = len(rows) // ROW_GROUP_ROWS * ROW_GROUP_ROWS
            self._write_groups(rows[:whole])
            self._pending = [rows[whole:]]

    def close(self) -> None:
        """Write the pending rows and the end of the file."""
        rows = pa.concat_tables(self._pending)
        if len(rows) or not self.rows:
            self._write_groups(rows)
        self._parquet.close()

    def abandon(self) -> None:
        """Release the file; pyarrow would otherwise write to it on garbage collection."""
        self._file.into = None
        self._parquet.close()

    def entry(self, name: str) -> TableEntry:
        """Return the entry of the closed file for `dataset.json`."""
        return TableEntry(name, self._file.size, self._file.hash.hexdigest(), self.rows)

    def _write_groups(self, rows: pa.Table) -> None:
        self._parquet.write_table(rows.combine_chunks(), ROW_GROUP_ROWS)
        self.rows += len(rows)


class _HashedFile(io.RawIOBase):
    """A writable file that hashes and counts its data; closing it leaves `into` open."""

    def __init__(self, file: BinaryIO) -> None:
        self.hash = new_hash()
        self.size = 0
        self.into: BinaryIO | None = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        self.size += len(data)
        return self.into.write(data) if self.into else len(data)


def _parquet_writer(sink: pa.NativeFile, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(sink, schema, version="2.6", compression="zstd", compression_level=3)


def rows_to_table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; each row must have exactly the columns of the schema.

    Rows are converted one row group at a time, because dictionaries take about twenty times the
    memory of a table. Raises `ShardError` for a row that does not fit.
    """
    checked = _checked(rows, schema)
    tables = [schema.empty_table()]
    with _conversion_errors():
        while part := list(islice(checked, ROW_GROUP_ROWS)):
            tables.append(pa.Table.from_pylist(part, schema=schema))
    return _without_nulls(pa.concat_tables(tables))


def columns_to_table(columns: Mapping[str, list[Any]], schema: pa.Schema) -> pa.Table:
    """Return columns as a table; they must be exactly the columns of the schema.

    Raises `ShardError` where they do not fit.
    """
    if columns.keys() != set(schema.names):
        raise ShardError(f"the columns are {sorted(columns)}; expected {sorted(schema.names)}")
    with _conversion_errors():
        table = pa.Table.from_pydict(columns, schema)
    return _without_nulls(table)


@contextmanager
def _conversion_errors() -> Iterator[None]:
    """Convert pyarrow's errors for values that do not fit their column into `ShardError`."""
    try:
        yield
    except (pa.ArrowException, UnicodeEncodeError, OverflowError) as error:
        raise ShardError(f"a row does not match the columns of its table: {error}") from error


def _without_nulls(table: pa.Table) -> pa.Table:
    """Return a table; raise `ShardError` where it is invalid or has nulls that are not allowed."""
    with _conversion_errors():
        table.validate(full=True)
    for column in table.schema:
        if not column.nullable and table[column.name].null_count:
            raise ShardError(f"the column {column.name!r} has nulls; expected none")
    return table


def _checked(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> Iterator[dict[str, Any]]:
    names = set(schema.names)
    for number, row in enumerate(rows):
        if row.keys() != names:
            raise ShardError(f"row {number} has {sorted(row)}; expected {sorted(names)}")
        yield dict(row)


def parquet_to_table(data: bytes, where: str) -> pa.Table:
    """Decode the bytes of a Parquet file as a table.

    Raises `DatasetError` where they are not a Parquet file or declare more than they can hold.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        _check_declared_sizes(file.metadata, len(data), where)
        # Arrow's threads may abort the process (SIGABRT) at exit (apache/arrow, issue 34314).
        table = file.read(use_threads=False)
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DatasetError(where, f"expected a Parquet file: {error}") from error
    return table


def _check_declared_sizes(declared: pq.FileMetaData, size: int, where: str) -> None:
    """Raise `DatasetError` where a file declares too many values: each takes memory when read.

    Runs of equal values take almost no bytes, so a small file may declare billions of them.
    """
    groups = map(declared.row_group, range(declared.num_row_groups))
    columns = [group.column(number) for group in groups for number in range(group.num_columns)]
    values = max((column.num_values for column in columns), default=0)
    unpacked = sum(column.total_uncompressed_size for column in columns)
    if (
        declared.num_rows > ROWS_PER_BYTE * size
        or values > VALUES_PER_BYTE * size
        or unpacked > UNPACKED_PER_BYTE * size
    ):
        raise DatasetError(
            where,
            f"declares {declared.num_rows:,} rows in {size:,} bytes, with up to {values:,} values "
            "in a column: more than any build writes",
        )
