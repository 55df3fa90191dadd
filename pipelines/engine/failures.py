"""A failure budget: how many rows may fail before a finished build counts as failed.

Only failures count. Expected drops, such as a missing recording or a row that never had a pose, do
not indicate a fault of the build.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from motiondata.errors import InputError
from pipelines.engine.drops import Drop

_BUDGET = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<percent>%?)")


@dataclass(frozen=True)
class FailureBudget:
    """A number of rows, or a share of the rows that were to be built."""

    text: str
    """`12` rows, or `0.5%` of the rows. Raises `InputError` for anything else."""

    def __post_init__(self) -> None:
        found = _BUDGET.fullmatch(self.text)
        if found is None or not (found["percent"] or found["number"].isdigit()):
            raise InputError(
                f"expected a number of rows such as 12, or a share such as 0.5%, "
                f"found {self.text!r}"
            )

    def __str__(self) -> str:
        return self.text

    def allows(self, failures: int, rows: int) -> bool:
        """Tell whether a number of failures among `rows` rows to be built is within the budget."""
        if self.text.endswith("%"):
            return failures * 100 <= Fraction(self.text[:-1]) * rows
        return failures <= int(self.text)


ONE_PERCENT = FailureBudget("1%")


@dataclass(frozen=True)
class Outcome:
    """How many of the rows that were to be built failed."""

    failures: int
    rows: int
    """The number of rows that were to be built: all rows without the expected drops."""
    budget: FailureBudget

    @classmethod
    def of(cls, rows: int, drops: Sequence[Drop], budget: FailureBudget) -> "Outcome":
        """Count the failures among the drops of a build with `rows` rows."""
        expected = sum(drop.expected for drop in drops)
        return cls(len(drops) - expected, rows - expected, budget)

    @property
    def within_budget(self) -> bool:
        """Whether the failures are within the budget."""
        return self.budget.allows(self.failures, self.rows)

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON, with the budget as text."""
        return {
            "failures": self.failures,
            "rows": self.rows,
            "max_failures": self.budget.text,
            "within_budget": self.within_budget,
        }

    def describe(self) -> str:
        """Describe the outcome in one sentence."""
        verdict = "within" if self.within_budget else "more than"
        rows = "1 row that was" if self.rows == 1 else f"{self.rows:,} rows that were"
        return (
            f"{self.failures:,} of {rows} to be built failed: "
            f"{verdict} --max-failures {self.budget.text}"
        )
