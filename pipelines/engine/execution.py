"""How a build is executed; the bytes that it writes do not depend on it."""

from dataclasses import dataclass
from math import inf

from motiondata.errors import InputError
from pipelines.engine.failures import ONE_PERCENT, FailureBudget


@dataclass(frozen=True)
class Execution:
    """How a build is run; the bytes that it writes do not depend on it."""

    workers: int = 0
    """Ray workers on this machine; 0 builds in the calling process."""
    ray_address: str | None = None
    """A running Ray cluster to use (`auto`, or `host:port`) instead of starting one."""
    gpus_per_worker: float | None = None
    """The share of a GPU that Ray keeps for a worker; None: of --device cuda, an even one."""
    restart: bool = False
    """Throw away what earlier runs left in the folder, of this plan or another, and start over."""
    retry_dropped: bool = False
    """Try dropped rows again; what is built stays as it is."""
    clip_seconds: float = 600.0
    """Seconds that a worker may take for a clip, the first of which may have to compile."""
    worker_gigabytes: float = 8.0
    """Memory that a worker may take beyond what it starts with, in 10^9 bytes."""
    allow_empty: bool = False
    """Build although the sensor hits nothing in the first clips."""
    max_failures: FailureBudget = ONE_PERCENT
    """How many rows may fail before a finished build counts as a failed one."""

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
