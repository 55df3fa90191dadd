"""The manifest: one row per sample, ordered by shard and by position in the shard.

It gives random access to a dataset: the location of every member and the frame count of every
sample are known without opening a tar file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shards.errors import DatasetError, ShardError
from shards.format.members import field_of
from shards.format.paths import MANIFEST, NAME, split_of
from shards.format.schema import Schema
from shards.format.tables import parquet_to_table, rows_to_table
from shards.format.writing import Span

NO_COLUMNS = pa.schema([])
_KINDS = (pa.types.is_string, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating)


@dataclass(frozen=True)
class ManifestRow:
    """One row of the manifest: one sample."""

    key: str
    shard: str
    """The name of the shard, such as `train/000000.tar`; it includes the split."""
    frames: int
    members: Mapping[str, Span]
    """The location of each member in the shard, by suffix."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Values of the product's additional columns, by column name."""


def manifest_columns(schema: Schema) -> pa.Schema:
    """Return the columns that every manifest of this schema has."""
    texts = [(name, pa.string()) for name in ("key", "split", "shard")]
    spans = [(name, pa.int64()) for suffix in schema.members for name in _span_columns(suffix)]
    columns = [*texts, ("frames", pa.int64()), *spans]
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in columns])


def manifest_schema(schema: Schema, extra: pa.Schema) -> pa.Schema:
    """Return all columns of a manifest; raise `ShardError` for a duplicate column."""
    columns = pa.schema([*manifest_columns(schema), *extra])
    if len(set(columns.names)) != len(columns):
        raise ShardError(f"a column of the manifest is duplicate: {', '.join(columns.names)}")
    return columns


def manifest_table(
    schema: Schema, rows: Iterable[ManifestRow], extra: pa.Schema = NO_COLUMNS
) -> pa.Table:
    """Return a manifest of rows in order; `extra` defines the additional columns."""
    return rows_to_table((_row_to_dict(row) for row in rows), manifest_schema(schema, extra))


def table_to_rows(schema: Schema, table: pa.Table) -> list[ManifestRow]:
    """Return the rows of a manifest or of a slice of it."""
    return [_dict_to_row(schema, record) for record in table.to_pylist()]


def parquet_to_manifest(schema: Schema, data: bytes) -> pa.Table:
    """Return the manifest in Parquet bytes, after checks of its columns and keys.

    Raises `DatasetError` where it does not fit the schema.
    """
    table = parquet_to_table(data, MANIFEST)
    _check_columns(table.schema)
    for column in manifest_columns(schema):
        if column.name not in table.column_names or table.schema.field(column.name) != column:
            raise DatasetError(
                MANIFEST, f"has no column {column.name!r} of type {column.type} without nulls"
            )
        if table[column.name].null_count:
            raise DatasetError(MANIFEST, f"has nulls in the column {column.name!r}")
    named = pc.match_substring_regex(table["key"], rf"^{NAME.pattern}$")
    if not pc.all(named, min_count=0).as_py():
        raise DatasetError(
            MANIFEST, "contains keys with characters other than A-Z, a-z, 0-9, - and _"
        )
    return table


def _check_columns(columns: pa.Schema) -> None:
    """Raise for a duplicate column and for a type that no build writes.

    Values of other types may have no Python equivalent: a timestamp in the year 300,000, or a time
    zone that this machine does not know.
    """
    if len(set(columns.names)) != len(columns):
        raise DatasetError(MANIFEST, f"has a duplicate column: {', '.join(columns.names)}")
    for column in columns:
        kind = column.type.value_type if pa.types.is_list(column.type) else column.type
        if not any(is_kind(kind) for is_kind in _KINDS):
            raise DatasetError(
                MANIFEST,
                f"has a column {column.name!r} of type {column.type}; expected text, Booleans, "
                "numbers, or lists of them",
            )


def _span_columns(suffix: str) -> tuple[str, str]:
    return f"{field_of(suffix)}_offset", f"{field_of(suffix)}_size"


def _row_to_dict(row: ManifestRow) -> dict[str, Any]:
    named = {"key": row.key, "split": split_of(row.shard), "shard": row.shard, "frames": row.frames}
    spans = {
        name: value
        for suffix, span in row.members.items()
        for name, value in zip(_span_columns(suffix), span, strict=True)
    }
    return {**named, **spans, **row.extra}


def _dict_to_row(schema: Schema, record: dict[str, Any]) -> ManifestRow:
    members = {
        suffix: Span(*(record.pop(name) for name in _span_columns(suffix)))
        for suffix in schema.members
    }
    key, shard, frames = record.pop("key"), record.pop("shard"), record.pop("frames")
    record.pop("split")
    return ManifestRow(key, shard, frames, members, record)
