"""A job: all that a worker needs to be told to build one shard. Small, and it can be pickled."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, overload

from pipelines.engine.plan import PlannedShard
from pipelines.engine.product import PlannedBuild, Product
from pipelines.engine.quarantine import Quarantine
from pipelines.engine.receipts import Receipt, find_receipt
from pipelines.engine.run_lock import while_run_is_current
from shards.format.paths import inside


@dataclass(frozen=True)
class ShardJob:
    """One shard to build."""

    shard: PlannedShard
    product: Product
    out: Path
    plan: str
    """The hash of the plan's fingerprint: the receipt repeats it."""
    run: str
    """The token of the run that this job is part of."""
    quarantine: Quarantine = ()
    """The rows that are not to be touched."""

    @property
    def path(self) -> Path:
        """Where the shard is to lie; raises `DatasetError` where a link leads out of the folder."""
        return inside(self.out, self.shard.name)

    def permit(self) -> AbstractContextManager[None]:
        """Return the context in which a file may get its final name, while its run is the last."""
        return while_run_is_current(self.out, self.run)


class RowListener(Protocol):
    """Who is told how a shard comes along."""

    def row_started(self, row: int) -> None:
        """Hear that a row is in hand from now on: if the process dies, this row is suspected."""

    def row_finished(self, frames: int) -> None:
        """Hear that the row in hand is done, and how many frames it was planned to have."""


BuildShard = Callable[[ShardJob, RowListener], Receipt]
"""What carries a job out: it writes the shard and its receipt, and returns that."""


@dataclass(frozen=True)
class Jobs(Sequence[ShardJob]):
    """Some jobs of a run, each made when its turn comes."""

    planned: PlannedBuild
    product: Product
    out: Path
    run: str
    numbers: Sequence[int]
    """Which of the plan's shards they are of."""

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int) -> ShardJob: ...
    @overload
    def __getitem__(self, at: slice) -> "Jobs": ...
    def __getitem__(self, at: Any) -> Any:
        """Return a job, or some of them."""
        if isinstance(at, slice):
            return replace(self, numbers=self.numbers[at])
        shard = self.planned.plan.shards[self.numbers[at]]
        answer = self.planned.fingerprint.answer(shard.name)
        return ShardJob(shard, self.product, self.out, answer, self.run)


def unfinished_shards(out: Path, planned: PlannedBuild) -> list[int]:
    """Return the numbers of the shards of a plan that have no receipt."""
    plan, fingerprint = planned
    return [
        number
        for number, name in enumerate(plan.shards.names)
        if find_receipt(out, name, fingerprint.answer(name)) is None
    ]
