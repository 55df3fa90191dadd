"""A job: all that a worker needs to be told to build one shard. Small, and it can be pickled."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pipelines.inputs import InputPaths
from pipelines.occupation import while_occupied
from pipelines.options import BuildOptions
from pipelines.plan import PlannedShard
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

    @property
    def path(self) -> Path:
        """Where the shard is to lie; raises `DatasetError` where a link leads out of the folder."""
        return inside(self.out, self.shard.name)

    def permit(self) -> AbstractContextManager[None]:
        """Return the context in which a file may get its final name, while its run is the last."""
        return while_occupied(self.out, self.run)
