"""Time several implementations of one task, in seconds and frames per second, in one run.

Implementations take turns, so that other load on a shared machine affects all of them. Processor
time is less affected by it. Results are medians with their range.
"""

import resource
import time
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import NamedTuple

REPEATS = 9
"""Number of timed runs of each implementation, after one untimed run."""
QUICK_REPEATS = 1
"""Number of timed runs with `--quick`, which only checks that everything runs."""


class Seconds(NamedTuple):
    """Wall-clock and processor seconds of a run."""

    wall: float
    cpu: float


class Spread(NamedTuple):
    """The median and the range of several measurements."""

    median: float
    lowest: float
    highest: float


def spread(values: Iterable[float]) -> Spread:
    """Return the median, the lowest and the highest of measurements."""
    known = sorted(values)
    return Spread(median(known), known[0], known[-1])


def take_turns(
    runs: Mapping[str, Callable[[], object]], turns: int = REPEATS
) -> dict[str, list[Seconds]]:
    """Run each once untimed, then `turns` times in rotation; return the timed seconds."""
    for run in runs.values():
        run()
    seconds: dict[str, list[Seconds]] = {name: [] for name in runs}
    for _ in range(turns):
        for name, run in runs.items():
            seconds[name].append(_time(run))
    return seconds


def print_rates(
    title: str, frames: int, runs: Mapping[str, Callable[[], object]], turns: int = REPEATS
) -> None:
    """Print a table of runs of `frames` frames each, with ratios to the slowest median."""
    rates = {
        name: spread(frames / each.cpu for each in seconds)
        for name, seconds in take_turns(runs, turns).items()
    }
    slowest = min(rate.median for rate in rates.values())
    print(f"\n{title:44}{'frames/s':>10}{'lowest':>10}{'highest':>10}{'ratio':>8}")
    for name, rate in rates.items():
        figures = "".join(f"{figure:10.0f}" for figure in rate)
        print(f"{name:44}{figures}{rate.median / slowest:8.1f}")


def _time(run: Callable[[], object]) -> Seconds:
    wall, cpu = time.perf_counter(), _processor_seconds()
    run()
    return Seconds(time.perf_counter() - wall, _processor_seconds() - cpu)


def _processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
