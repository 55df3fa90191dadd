"""Frames a second of several ways to do one thing, side by side in one run.

In processor time, so that what else a shared machine does counts less; medians, with the spread.
"""

import time
from collections.abc import Callable, Mapping
from statistics import median

REPEATS = 9
"""How often each is run, after a run that is not counted."""


def print_rates(title: str, frames: int, runs: Mapping[str, Callable[[], object]]) -> None:
    """Print a table of runs that do so many frames each; ratios are to the slowest median."""
    rates = {name: _rates(run, frames) for name, run in runs.items()}
    slowest = min(median(rate) for rate in rates.values())
    print(f"\n{title:44}{'frames/s':>10}{'lowest':>10}{'highest':>10}{'ratio':>8}")
    for name, rate in rates.items():
        middle = median(rate)
        print(f"{name:44}{middle:10.0f}{min(rate):10.0f}{max(rate):10.0f}{middle / slowest:8.1f}")


def _rates(run: Callable[[], object], frames: int) -> list[float]:
    run()
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return [frames / each for each in seconds]
