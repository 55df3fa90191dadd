"""A job: all that a worker needs to be told to build one shard. Small, and it can be pickled."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.inputs import InputPaths
from pipelines.options import BuildOptions
from pipelines.plan import PlannedShard


@dataclass(frozen=True)
class ShardJob:
    """One shard to build."""

    shard: PlannedShard
    options: BuildOptions
    paths: InputPaths
    out: Path
    plan: str
    """The hash of the plan's fingerprint: the receipt repeats it."""

    @property
    def path(self) -> Path:
        """Where the shard's tar file is to lie."""
        return self.out / f"{self.shard.name}.tar"
