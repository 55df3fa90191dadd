"""How a build is executed. The bytes that it writes do not depend on it."""

from dataclasses import dataclass
from math import inf

from motiondata.errors import InputError
from pipelines.engine.failures import ONE_PERCENT, FailureBudget


@dataclass(frozen=True)
class Execution:
    """Options of how a build is run. The bytes that it writes do not depend on them."""

    workers: int = 0
    """Number of Ray workers; 0 builds without Ray, or, on the cluster of `ray_address`, starts one
    worker per CPU."""
    ray_address: str | None = None
    """A running Ray cluster to use (`auto`, or `host:port`) instead of starting one."""
    gpus_per_worker: float | None = None
    """The share of a GPU that Ray reserves per worker; None: with `--device cuda`, an equal share
    of the GPUs, otherwise 0."""
    restart: bool = False
    """Discard what earlier runs of this or another plan left in the folder, and start over."""
    retry_dropped: bool = False
    """Try dropped rows again. Shards that are built stay unchanged."""
    clip_seconds: float = 600.0
    """Seconds that a worker may take per clip. The first clip may include compilation."""
    worker_gigabytes: float = 8.0
    """Memory that a worker may allocate beyond what it starts with, in units of 10^9 bytes."""
    allow_empty: bool = False
    """Build even if the sensor hits nothing in the first clips."""
    max_failures: FailureBudget = ONE_PERCENT
    """How many rows may fail before a finished build counts as failed."""

    def __post_init__(self) -> None:
        for name in ("clip_seconds", "worker_gigabytes"):
            if not 0 < getattr(self, name) < inf:
                raise InputError(f"{name}: expected more than 0, found {getattr(self, name)}")
        if self.gpus_per_worker is not None and not 0 < self.gpus_per_worker < inf:
            found = self.gpus_per_worker
            raise InputError(f"gpus_per_worker: expected more than 0, found {found}")
        if self.restart and self.retry_dropped:
            raise InputError("restart: expected without --retry-dropped, which keeps what is built")
        if self.workers < 0:
            raise InputError(f"workers: expected 0 or more, found {self.workers}")
