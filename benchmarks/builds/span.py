"""Measure the span of our build: from the start of its first shard to its last published shard.

The span is observed in the build's output folder: a worker that has started and loaded its kernels
creates the folder of its shard's split, and a published shard has a receipt. The time before the
span is startup, including Ray's. The time after it finishes the dataset and verifies it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.processes import tree_cpu_seconds
from shards.format.paths import RECEIPTS, RESERVED

BEFORE_SECONDS, AFTER_SECONDS = 0.002, 0.05
"""Polling intervals of the folder before the first shard begins, and after that."""


@dataclass(frozen=True)
class Moment:
    """The time of an observed event."""

    seconds: float
    """Seconds since the Unix epoch, as in file timestamps."""
    cpu: float
    """Processor seconds that all processes of the build had used."""


class SpanWatch:
    """Observe a build; a `Watch` for `run_apart`."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._started = time.time()
        self._begun: Moment | None = None
        self._published: Moment | None = None
        self._receipts = 0

    def __call__(self, processes: Sequence[int]) -> float:
        """Inspect the folder; return the seconds until the next inspection."""
        if self._begun is None and self._is_begun():
            self._begun = Moment(time.time(), tree_cpu_seconds(processes))
        receipts = list((self._out / RECEIPTS).glob("*-*.json"))
        if len(receipts) > self._receipts:
            self._receipts = len(receipts)
            last = max(path.stat().st_mtime for path in receipts)
            self._published = Moment(last, tree_cpu_seconds(processes))
        return BEFORE_SECONDS if self._begun is None else AFTER_SECONDS

    def span(self) -> "Span":
        """Return the observed span; raise `RuntimeError` if no shard was published."""
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
    """The time of a build, in seconds. Raises `ValueError` for values that are not positive."""

    start: float
    """From the start of the build's process until the first shard began."""
    wall: float
    """From then until the last shard was published."""
    cpu: float
    """Processor time of all processes during `wall`."""
    end: float
    """From the last published shard until the dataset was finished and verified, and all processes
    had ended."""

    def __post_init__(self) -> None:
        for name in ("start", "wall", "cpu", "end"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}: expected more than 0 s, found {getattr(self, name)} s")
