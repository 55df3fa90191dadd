"""How far figures of random halves of the people are apart: what one split into halves can tell."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.compare import Pair
from benchmarks.realism.measures import REGIONS

SPLITS = 1000
FEWEST = 4
"""Fewer people cannot be split into halves of two."""


def halves_of(
    figure: Callable[[Pair], float], pairs: Sequence[Pair], splits: int = SPLITS
) -> NDArray[np.float64]:
    """Return the medians of a figure in both halves of random splits, shaped (splits, 2).

    Cuts of one person stay together. The result is empty for fewer than four people.
    """
    tracks: dict[str, list[float]] = {}
    for pair in pairs:
        tracks.setdefault(pair.person.track or pair.person.name, []).append(figure(pair))
    values = [np.array(each)[np.isfinite(each)] for each in tracks.values()]
    people = [each for each in values if len(each)]
    if len(people) < FEWEST:
        return np.zeros((0, 2))
    generator = np.random.default_rng(0)
    orders = (generator.permutation(len(people)) for _ in range(splits))
    halves = (np.array_split(order, 2) for order in orders)
    return np.array(
        [[np.median(np.concatenate([people[one] for one in half])) for half in both]
         for both in halves]
    )  # fmt: skip


def lines_of(pairs: Sequence[Pair]) -> list[str]:
    """Return a line for hits and each region: medians of halves, and how far both are apart."""
    figures: dict[str, Callable[[Pair], float]] = {"hits": lambda pair: pair.hits_ratio}
    figures |= {f"hits per ring, {region}": _region(region) for region in REGIONS}
    lines = []
    for name, figure in figures.items():
        medians = halves_of(figure, pairs)
        if len(medians):
            low, high = np.percentile(medians, [2.5, 97.5])
            middle, most = np.percentile(np.abs(np.diff(medians, axis=1)), [50, 90])
            lines.append(
                f"{name}: random halves of the people have {low:.2f} to {high:.2f} (95%), and "
                f"differ by {middle:.2f} (median), {most:.2f} (90%)"
            )
    return lines


def _region(region: str) -> Callable[[Pair], float]:
    return lambda pair: pair.region_ratio(region)
