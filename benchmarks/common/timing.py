"""Seconds and frames a second of several ways to do one thing, side by side in one run.

Ways take turns, so that what else a shared machine does meets all of them; processor time counts
it less. Medians, with the spread.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import NamedTuple

REPEATS = 9
"""How often each is run, after a run that is not counted."""
QUICK_REPEATS = 1
"""The same of quick forms, which only show that everything runs."""


class Seconds(NamedTuple):
    """What a run took, by the clock and of the processor."""

    wall: float
    cpu: float


class Spread(NamedTuple):
    """Several measurements of one thing."""

    median: float
    lowest: float
    highest: float


def spread(values: Iterable[float]) -> Spread:
    """Return the median of measurements and what they lie between."""
    known = sorted(values)
    return Spread(median(known), known[0], known[-1])


def take_turns(
    runs: Mapping[str, Callable[[], object]], turns: int = REPEATS
) -> dict[str, list[Seconds]]:
    """Run all once uncounted, then one after the other, again and again; return their seconds."""
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
    """Print a table of runs that do so many frames each; ratios are to the slowest median."""
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
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu)
