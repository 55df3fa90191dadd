"""A job: everything that a worker needs to build one shard. It is small and picklable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, overload

from pipelines.engine.output_folder import Run
from pipelines.engine.plan import PlannedShard
from pipelines.engine.product import PlannedBuild, Product
from pipelines.engine.quarantine import Quarantine
from pipelines.engine.receipts import Receipt
from shards.format.paths import inside


@dataclass(frozen=True)
class ShardJob:
    """One shard to build."""

    shard: PlannedShard
    product: Product
    run: Run
    """The run that this job belongs to."""
    plan: str
    """The hash of the plan's fingerprint. The receipt repeats it."""
    quarantine: Quarantine = ()
    """The rows that must not be built."""

    @property
    def path(self) -> Path:
        """The path of the shard. Raises `DatasetError` if a link leads out of the folder."""
        return inside(self.run.folder.path, self.shard.name)


class RowListener(Protocol):
    """Receives the progress of a shard."""

    def row_started(self, row: int) -> None:
        """Note that work on a row starts. If the process dies, this row is the suspect."""

    def row_finished(self, frames: int) -> None:
        """Note that the current row is done. `frames` is its planned number of frames."""


BuildShard = Callable[[ShardJob, RowListener], Receipt]
"""Executes a job: writes the shard and its receipt, and returns the receipt."""


@dataclass(frozen=True)
class Jobs(Sequence[ShardJob]):
    """Jobs of a run, each created on access."""

    planned: PlannedBuild
    product: Product
    run: Run
    numbers: Sequence[int]
    """The numbers of the plan's shards that the jobs build."""

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int) -> ShardJob: ...
    @overload
    def __getitem__(self, at: slice) -> "Jobs": ...
    def __getitem__(self, at: Any) -> Any:
        """Return one job, or the jobs of a slice."""
        if isinstance(at, slice):
            return replace(self, numbers=self.numbers[at])
        shard = self.planned.plan.shards[self.numbers[at]]
        answer = self.planned.fingerprint.answer(shard.name)
        return ShardJob(shard, self.product, self.run, answer)
