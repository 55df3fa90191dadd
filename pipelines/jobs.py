"""A job: all that a worker needs to be told to build one shard. Small, and it can be pickled."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipelines.inputs import InputPaths
from pipelines.occupation import while_occupied
from pipelines.options import BuildOptions
from pipelines.plan import PlannedShard
from pipelines.quarantine import Quarantine
from pipelines.receipts import Receipt
from shards.paths import inside


@dataclass(frozen=True)
class ShardJob:
    """One shard to build."""

    shard: PlannedShard
    options: BuildOptions
    paths: InputPaths
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
        return while_occupied(self.out, self.run)


class Watcher(Protocol):
    """Who is told how a shard comes along."""

    def take_up(self, row: int) -> None:
        """Hear that a row is in hand from now on: if the process dies, this row is suspected."""

    def put_down(self, frames: int) -> None:
        """Hear that the row in hand is done, and how many frames it was planned to have."""


BuildShard = Callable[[ShardJob, Watcher], Receipt]
"""What carries a job out: it writes the shard and returns its receipt."""
