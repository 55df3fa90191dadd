"""Reports of jobs: values that a command prints as text or as JSON.

The keys of the JSON document are the fields of the report, so that each key is documented once.
Numbers are numbers; the names of fields carry the units. docs/reports.md lists all keys.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from math import isfinite
from pathlib import Path
from typing import Any

COMPLETE, ABORTED, WRONG_INPUT, TOO_MANY_FAILURES = 0, 1, 2, 3
"""Exit codes, explained in docs/format.md and in the help of `build-lidar`."""


@dataclass(frozen=True)
class Report(ABC):
    """The result of a job."""

    @abstractmethod
    def lines(self) -> list[str]:
        """Return the report as lines of text."""

    @property
    def exit_code(self) -> int:
        """The exit code of the command that prints the report."""
        return COMPLETE

    def to_json(self) -> dict[str, Any]:
        """Return the fields and the exit code as plain JSON values."""
        return {**_fields_to_json(self), "exit_code": self.exit_code}

    def __str__(self) -> str:
        return "\n".join(self.lines())


def to_plain(value: Any) -> Any:
    """Return a value as plain JSON: objects, arrays, text, numbers, booleans and None.

    Dataclasses and named tuples become objects, paths become text, and numbers that JSON cannot
    represent (NaN, infinity) become None. A value with its own `to_json` decides its form. Raises
    `TypeError` for other types.
    """
    if hasattr(value, "to_json"):
        return to_plain(value.to_json())
    if is_dataclass(value):
        return _fields_to_json(value)
    if hasattr(value, "_asdict"):
        return to_plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): to_plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_plain(each) for each in value]
    return _scalar_to_json(value)


def _fields_to_json(value: Any) -> dict[str, Any]:
    return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}


def _scalar_to_json(value: Any) -> str | float | None:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a report has a {type(value).__name__}, which is not plain JSON")
