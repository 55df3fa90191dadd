"""What is compared: counts of returns and rings, rays per ring by region, noise, holes and jumps.

The same measures are taken of real and of simulated returns, so that their own errors cancel.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CUT = 0.2
"""Points lower than this above the floor are left out: real cuts contain some ground, meters."""

REGIONS = {"legs": (0.12, 0.48), "torso": (0.52, 0.82), "head": (0.88, 1.1)}
"""Heights of each region as shares of a person's height."""

GAP_RAYS = 3.5
"""Neighbors on a ring at most this many rays apart belong to one run."""
RUN_JUMP = 0.3
"""Neighbors whose ranges differ more than this belong to different runs, meters."""
SMOOTH = 0.1
"""Neighbors whose ranges differ less than this are on one smooth surface, meters."""
JUMP = (0.2, 1.0)
"""Range differences of neighbors that count as a jump to something behind, meters."""
GAUSS_SIGMA = 1.4826
"""The standard deviation of a normal distribution in median absolute deviations."""
THIRD = np.sqrt(20.0)
"""The standard deviation of a third difference in those of its numbers."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The measures of one scan of one person."""

    hits: int
    rings: int
    per_ring: dict[str, float]
    """Returns per ring of each region; NaN if no ring has any."""
    thirds: Floats
    """Third differences of ranges along rings, meters."""
    rays: int
    """Rays inside of runs."""
    holes: int
    """Rays inside of runs that did not return."""
    neighbors: int
    jumps: int


def measure(
    points: Floats, beams: NDArray[np.integer], floor: float, height: float, step: float
) -> Measured:
    """Measure the returns of one person; `step` is the angle between columns, radians."""
    up = points[:, 2] - floor
    kept = up > CUT
    points, beams, up = points[kept], beams[kept], up[kept]
    runs = [run for beam in np.unique(beams) for run in _runs(points[beams == beam], step)]
    pairs = [pair for beam in np.unique(beams) for pair in _neighbors(points[beams == beam], step)]
    rays = sum(expected for _, expected in runs)
    return Measured(
        hits=len(points),
        rings=len(np.unique(beams)),
        per_ring={name: _per_ring(beams, up / height, *of) for name, of in REGIONS.items()},
        thirds=np.concatenate([np.zeros(0), *(_thirds(ranges) for ranges, _ in runs)]),
        rays=rays,
        holes=rays - sum(len(ranges) for ranges, _ in runs),
        neighbors=len(pairs),
        jumps=sum(JUMP[0] < pair < JUMP[1] for pair in pairs),
    )


def _per_ring(beams: NDArray[np.integer], share: Floats, low: float, high: float) -> float:
    inside = beams[(share >= low) & (share <= high)]
    return len(inside) / len(np.unique(inside)) if len(inside) else float("nan")


def _runs(points: Floats, step: float) -> Iterator[tuple[Floats, int]]:
    """Yield the ranges of each run of a ring, and how many rays it spans."""
    azimuth, ranges = _in_order(points)
    apart = np.diff(azimuth) / step
    ends = np.flatnonzero((apart > GAP_RAYS) | (np.abs(np.diff(ranges)) > RUN_JUMP)) + 1
    for part in np.split(np.arange(len(ranges)), ends):
        span = (azimuth[part[-1]] - azimuth[part[0]]) / step
        yield ranges[part], round(float(span)) + 1


def _thirds(ranges: Floats) -> Floats:
    """Return the third differences of four neighbors on one smooth surface."""
    steps = np.abs(np.diff(ranges)) < SMOOTH
    smooth = steps[:-2] & steps[1:-1] & steps[2:]
    return np.diff(ranges, 3)[smooth]


def _neighbors(points: Floats, step: float) -> Iterator[float]:
    """Yield the range differences of neighboring rays of a ring, meters."""
    azimuth, ranges = _in_order(points)
    yield from np.abs(np.diff(ranges))[np.diff(azimuth) < 1.5 * step].tolist()


def _in_order(points: Floats) -> tuple[Floats, Floats]:
    """Return azimuths relative to the middle of the points, and ranges, by azimuth.

    Some recordings give two consecutive firings of a head that turns clockwise one azimuth: the
    second one is moved half of the way.
    """
    middle = points[:, :2].mean(axis=0)
    ahead = points[:, :2] @ middle
    aside = points[:, 1] * middle[0] - points[:, 0] * middle[1]
    azimuth = np.round(np.arctan2(aside, ahead) / PAIR) * PAIR
    ranges = np.linalg.norm(points, axis=1)
    order = len(azimuth) - 1 - np.argsort(azimuth[::-1], kind="stable")  # later firings first
    azimuth, ranges = azimuth[order], ranges[order]
    same = np.flatnonzero(np.diff(azimuth) < PAIR / 2)
    gaps = np.diff(azimuth)
    half = np.median(gaps[gaps > PAIR]) / 2 if len(same) and (gaps > PAIR).any() else 0.0
    azimuth[same] -= half
    return azimuth, ranges


PAIR = 1e-4
"""Azimuths nearer than this are those of one pair of firings, radians."""


def noise_of(thirds: Floats) -> float:
    """Return the robust standard deviation of ranges from their third differences, meters."""
    return float(GAUSS_SIGMA * np.median(np.abs(thirds)) / THIRD) if len(thirds) else float("nan")
