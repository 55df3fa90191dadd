"""The span of a build of ours: from its first shard begun to its last one published.

It is seen from outside, in the build's own folder: a worker that has started and loaded its kernels
makes the folder of its shard's split, and a published shard has a receipt. What comes before is the
start, of Ray as well; what comes after finishes the dataset and verifies it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.processes import tree_cpu_seconds
from shards.format.paths import RECEIPTS, RESERVED

BEFORE_SECONDS, AFTER_SECONDS = 0.002, 0.05
"""How often the folder is looked at before the first shard is begun, and from then on."""


@dataclass(frozen=True)
class Moment:
    """When something was seen."""

    seconds: float
    """Since the epoch, as file systems count."""
    cpu: float
    """Processor seconds that the build had taken, with all its processes."""


class SpanWatch:
    """Watches a build: a `Watch` for `run_apart`."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._started = time.time()
        self._begun: Moment | None = None
        self._published: Moment | None = None
        self._receipts = 0

    def __call__(self, processes: Sequence[int]) -> float:
        """Look at the folder, and answer when to look again, in seconds."""
        if self._begun is None and self._is_begun():
            self._begun = Moment(time.time(), tree_cpu_seconds(processes))
        receipts = list((self._out / RECEIPTS).glob("*-*.json"))
        if len(receipts) > self._receipts:
            self._receipts = len(receipts)
            last = max(path.stat().st_mtime for path in receipts)
            self._published = Moment(last, tree_cpu_seconds(processes))
        return BEFORE_SECONDS if self._begun is None else AFTER_SECONDS

    def span(self) -> "Span":
        """Return the span that was seen; raises `RuntimeError` where none was."""
        begun, published = self._begun, self._published
        if begun is None or published is None:
            raise RuntimeError(f"{self._out}: expected published shards, found none")
        return Span(
            start=begun.seconds - self._started,
            wall=published.seconds - begun.seconds,
            cpu=published.cpu - begun.cpu,
            end=time.time() - published.seconds,
        )

    def _is_begun(self) -> bool:
        if not self._out.exists():
            return False
        return any(path.is_dir() and path.name not in RESERVED for path in self._out.iterdir())


@dataclass(frozen=True)
class Span:
    """What a build took, in seconds. Raises `ValueError` for what no build can take."""

    start: float
    """From the start of its process until the first shard was begun."""
    wall: float
    """From then until the last shard was published."""
    cpu: float
    """Of the processor, of all processes, in the same span."""
    end: float
    """From then until the dataset was finished and verified, and all processes had ended."""

    def __post_init__(self) -> None:
        for name in ("start", "wall", "cpu", "end"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}: expected more than 0 s, found {getattr(self, name)} s")
