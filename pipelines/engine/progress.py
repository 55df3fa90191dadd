"""Progress: a bar with rate and remaining time on a terminal, periodic plain lines in a log."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import floor, log10
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, TextIO, TypeVar

from motiondata.counting import counted_units
from motiondata.watching import Advance, Watch
from pipelines.engine.streams import Unfailing
from pipelines.engine.verbosity import Verbosity, verbosity

if TYPE_CHECKING:
    from tqdm import tqdm

Item = TypeVar("Item")
NORMAL = Verbosity.NORMAL

LOG_SECONDS = 10.0
"""The interval between lines if the stream is not a terminal."""
VERBOSE_SECONDS = 1.0
"""That interval with `--verbose`."""

CLOCK_SECONDS = 1e-9
"""The resolution of the clock: a rate is computed over at least this time."""


def format_rate(rate: float) -> str:
    """Return a positive number with at least two significant digits: 0.0042, 3.1, 12,305."""
    digits = max(0, 1 - floor(log10(rate)))
    return f"{rate:,.{digits}f}"


@dataclass(frozen=True)
class Rate:
    """What a run did, and in which time."""

    done: int
    """The number of frames, or of other units, without those of earlier runs."""
    unit: str
    seconds: float

    def describe(self) -> str:
        """Describe the rate in one sentence."""
        if not self.done:
            return "nothing was left to do"
        rate = format_rate(self.done / max(self.seconds, CLOCK_SECONDS))
        done, per_second = counted_units(self.done, self.unit), self.unit.partition(" ")[0]
        return f"{done} done in {self.seconds:,.1f} s, {rate} {per_second}/s"


def watching(stream: TextIO | None, unit: str) -> Watch:
    """Return a watch that shows the progress of a job of `motiondata`."""

    @contextmanager
    def watch(steps: int) -> Iterator[Advance]:
        with Progress(steps, 0, stream, unit) as progress:
            yield progress.advance

    return watch


class Progress:
    """The progress of a job: the frames, or other units, that are done and that remain."""

    def __init__(
        self,
        frames: int,
        done_before: int,
        stream: TextIO | None,
        unit: str = "frames",
        log_seconds: float = LOG_SECONDS,
    ) -> None:
        level = verbosity()
        self._frames = frames
        self._log_seconds = min(log_seconds, VERBOSE_SECONDS) if level > NORMAL else log_seconds
        self._is_shown, self._is_summed_up = level >= NORMAL, level > NORMAL
        self._unit = unit
        self._done = self._done_before = done_before
        self._stream = Unfailing(stream)
        self._started = self._logged = time.monotonic()
        self._bar: tqdm[NoReturn] | None = None

    def __enter__(self) -> Self:
        if self._is_shown and self._stream.isatty() and self._done < self._frames:
            self._bar = self._new_bar()
        return self

    def _new_bar(self) -> "tqdm[NoReturn] | None":
        """Return a bar; None without tqdm, as where a dataset is only read: lines appear then."""
        try:
            from tqdm import tqdm
        except ModuleNotFoundError:
            return None
        return tqdm(
            total=self._frames, initial=self._done, unit=f" {self._unit}", file=self._stream,
            smoothing=0.1, dynamic_ncols=True, leave=False,
        )  # fmt: skip

    def advance(self, frames: int) -> None:
        """Count further frames as done, and update the display if it is due."""
        self._done += frames
        if self._bar is not None:
            self._bar.update(frames)
        elif self._is_shown and time.monotonic() - self._logged >= self._log_seconds:
            self._logged = time.monotonic()
            self._stream.write(self._line() + "\n")
            self._stream.flush()

    def over(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield items; each is done when the next one is asked for."""
        for item in items:
            yield item
            self.advance(1)

    def say(self, line: str) -> None:
        """Write a line above the bar, or among the lines of the log."""
        if self._bar is None:
            self._stream.write(f"{line}\n")
        else:
            self._bar.write(line, file=self._stream)
        self._stream.flush()

    @property
    def rate(self) -> Rate:
        """What has been done so far, and in which time."""
        done = self._done - self._done_before
        return Rate(done, self._unit, time.monotonic() - self._started)

    def _line(self) -> str:
        share = f"{self._done / self._frames if self._frames else 1:.0%} of "
        share += counted_units(self._frames, self._unit)
        rate = self.rate
        if not rate.done:
            return f"{share}; nothing is done yet"
        left = (self._frames - self._done) * rate.seconds / rate.done
        return f"{share}; {rate.describe()}, {left:,.0f} s left"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        if self._is_summed_up and kind is None:
            self._stream.write(f"{self.rate.describe()}\n")
