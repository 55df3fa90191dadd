"""Read the tables of a file of sensors. Errors name the file, the table and the key."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from motiondata.errors import InputError

MOST_METERS = 100_000.0
"""The largest coordinate. Beyond it, single precision is coarser than a centimeter."""

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Table:
    """A table of the file, and how errors call it."""

    title: str
    """Such as `rig.toml: sensor 2 (roof)`."""
    values: Mapping[str, Any]

    def expect_keys(self, known: Collection[str]) -> None:
        """Raise `InputError` if there is another key."""
        for key in self.values:
            if key not in known:
                raise InputError(
                    f"{self.title}: found {key}{near(key, known)}; expected only {', '.join(known)}"
                )

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "a text", value)
        return value

    def number(self, key: str, most: float) -> float:
        """Return a finite number from `-most` to `most`, by default 0."""
        value = self.values.get(key, 0.0)
        if not _is_number(value, most):
            raise self._wrong(key, f"a number from -{most:g} to {most:g}", value)
        return float(value)

    def triple(self, key: str) -> Triple:
        """Return three coordinates in meters, by default 0."""
        value = self.values.get(key, [0.0, 0.0, 0.0])
        fits = isinstance(value, list) and len(value) == 3
        if not fits or not all(_is_number(each, MOST_METERS) for each in value):
            raise self._wrong(key, "three numbers of meters, [x, y, z]", value)
        x, y, z = map(float, value)
        return x, y, z

    def flag(self, key: str) -> bool:
        """Return true or false, by default false."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def _wrong(self, key: str, expected: str, value: Any) -> InputError:
        found = "nothing" if value is None else repr(value)[:60]
        return InputError(f"{self.title}: expected {key} as {expected}, found {found}")


def _is_number(value: Any, most: float) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= most


def near(name: str, known: Collection[str]) -> str:
    """Return the nearest known name in words; empty if none is near."""
    nearest = get_close_matches(name, known, n=1)
    return f" (did you mean {nearest[0]}?)" if nearest else ""
