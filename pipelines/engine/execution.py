"""How a build is executed. The bytes that it writes do not depend on it."""

from dataclasses import dataclass
from math import inf
from typing import Final, Literal

from motiondata.errors import InputError
from pipelines.engine.failures import ONE_PERCENT, FailureBudget

AUTO: Final = "auto"
"""The value of `workers` that lets the program choose."""


@dataclass(frozen=True)
class Execution:
    """Options of how a build is run. The bytes that it writes do not depend on them."""

    workers: int | Literal["auto"] = AUTO
    """Number of Ray workers; 0 builds in this process; `auto` builds in this process unless Ray
    with one worker per core takes less time. On the cluster of `ray_address`, `auto` and 0 start
    one worker per CPU."""
    ray_address: str | None = None
    """Use a running Ray cluster (`auto`, or `host:port`) instead of starting one."""
    gpus_per_worker: float | None = None
    """Share of a GPU that Ray reserves per worker with `--device cuda`; by default, an even share
    of the GPUs. Without `--device cuda`, the default is 0."""
    clip_seconds: float = 600.0
    """Seconds that a worker may take per clip; a slower clip is dropped as hung. The first clip may
    include compilation."""
    worker_gigabytes: float = 8.0
    """Gigabytes that a worker may allocate beyond what it starts with; a clip that needs more is
    dropped. A gigabyte is 10^9 bytes."""
    max_failures: FailureBudget = ONE_PERCENT
    """Number or percentage of rows that may fail (N or N%) before the exit code is 3."""
    restart: bool = False
    """Discard what earlier runs left in the output folder, and start over."""
    retry_dropped: bool = False
    """Try dropped rows again; shards that are built stay unchanged."""
    publish: str | None = None
    """Folder or URL (s3://..., memory://...) to which the dataset is copied, each shard as soon as
    it is finished."""
    allow_empty: bool = False
    """Build even if the sensor hits nothing in the first clips."""

    def __post_init__(self) -> None:
        for name in ("clip_seconds", "worker_gigabytes"):
            if not 0 < getattr(self, name) < inf:
                raise InputError(f"{name}: expected more than 0, found {getattr(self, name)}")
        if self.gpus_per_worker is not None and not 0 < self.gpus_per_worker < inf:
            found = self.gpus_per_worker
            raise InputError(f"gpus_per_worker: expected more than 0, found {found}")
        if self.restart and self.retry_dropped:
            raise InputError("restart: expected without --retry-dropped, which keeps what is built")
        if self.workers != AUTO and (isinstance(self.workers, str) or self.workers < 0):
            raise InputError(f"workers: expected {AUTO}, or 0 or more, found {self.workers}")

    @property
    def ray_workers(self) -> int:
        """The number of Ray workers that the user has named, or 0."""
        return self.workers if isinstance(self.workers, int) else 0
