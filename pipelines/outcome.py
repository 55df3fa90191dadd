"""The outcome of a finished build: how many rows failed, and whether that is allowed."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.budget import FailureBudget
from pipelines.drops import Drop


@dataclass(frozen=True)
class Outcome:
    """How many of the rows that were to be built failed."""

    failures: int
    rows: int
    """Samples and failures; drops that were to be expected are neither."""
    budget: FailureBudget

    @classmethod
    def of(cls, rows: int, drops: Sequence[Drop], budget: FailureBudget) -> "Outcome":
        """Count the failures among the drops of so many rows."""
        expected = sum(drop.expected for drop in drops)
        return cls(len(drops) - expected, rows - expected, budget)

    @property
    def within_budget(self) -> bool:
        """Tell whether no more rows failed than may."""
        return self.budget.allows(self.failures, self.rows)

    def describe(self) -> str:
        """Say it in a sentence."""
        verdict = "within" if self.within_budget else "more than"
        return (
            f"{self.failures:,} of {self.rows:,} rows that were to be built failed: "
            f"{verdict} --max-failures {self.budget.text}"
        )


@dataclass(frozen=True)
class BuildResult:
    """What a build that was carried through has to tell."""

    summary: str
    within_budget: bool
