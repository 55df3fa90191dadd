"""Answer a question about a dataset in SQL, by DuckDB."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table
from shards.errors import ShardError
from shards.format.dataset import Dataset, read_drops
from shards.format.places import Place

SETTINGS: dict[str, str | bool | int | float | list[str]] = {"python_enable_replacements": False}
"""DuckDB must not take names of tables for the variables of this program."""


@dataclass(frozen=True)
class QueryReport(Report):
    """The answer to a query."""

    dataset: Place
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def lines(self) -> list[str]:
        """Return a table of the answer; no lines if the query has no answer."""
        cells = [[_to_text(value) for value in row] for row in self.rows]
        return table([self.columns, *cells]) if self.columns else []


def query(path: Place, sql: str) -> QueryReport:
    """Answer a query about the tables `manifest` and `drops` of a dataset.

    Raises `ShardError` for a query that DuckDB refuses, and `ModuleNotFoundError` without DuckDB.
    """
    import duckdb

    dataset = Dataset.open(path)
    with duckdb.connect(config=SETTINGS) as connection:
        connection.register("manifest", dataset.manifest)
        connection.register("drops", read_drops(dataset))
        try:
            answer = connection.execute(sql)
            columns, rows = answer.description or (), answer.fetchall()
        except duckdb.Error as error:
            raise ShardError(f"{path}: DuckDB refuses the query: {error}") from error
    plain = tuple(tuple(_to_plain(value) for value in row) for row in rows)
    return QueryReport(path, tuple(name for name, *_ in columns), plain)


def _to_plain(value: Any) -> Any:
    """Return a value of DuckDB as a plain one: dates, decimals and the like become text."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _to_plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_to_plain(each) for each in value]
    return str(value)


def _to_text(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
