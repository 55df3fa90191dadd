"""Compare real and simulated people of one file: medians, quartiles, intervals and limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.measures import REGIONS, Measured, measure, noise_of
from benchmarks.realism.person import Person
from benchmarks.realism.simulate import simulated
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.sensor import Sensor

Floats = NDArray[np.float64]

HITS, NOISE, HOLES = (f"{name}, real / simulated" for name in ("hits", "noise", "holes"))

LIMITS: Mapping[str, tuple[float, float]] = {
    HITS: (0.93, 1.07),
    **{
        f"hits per ring, {region}{way}, real / simulated": (0.9, 1.1)
        for way in ("", ", sums")
        for region in REGIONS
    },
    NOISE: (0.85, 1.15),
    HOLES: (1 / 1.5, 1.5),
}
"""The limits that were set before the values were fitted."""

RESAMPLES = 400
"""The number of draws of people, with replacement, for an interval."""


@dataclass(frozen=True, eq=False)
class Pair:
    """A real person, and the simulated ones at the same place."""

    person: Person
    real: Measured
    drawn: tuple[Measured, ...]

    @property
    def hits_ratio(self) -> float:
        """Real hits over the median of simulated hits."""
        return self.real.hits / float(np.median([drawn.hits for drawn in self.drawn]))

    @property
    def rings_ratio(self) -> float:
        """Real rings over the median of simulated rings."""
        return self.real.rings / float(np.median([drawn.rings for drawn in self.drawn]))

    @property
    def pose_spread(self) -> float:
        """The standard deviation of simulated hits over their mean."""
        hits = np.array([drawn.hits for drawn in self.drawn])
        return float(hits.std() / hits.mean())

    def region_ratio(self, region: str) -> float:
        """Real returns per ring of a region over the median of simulated ones; NaN if none."""
        rows = self._simulated(region)
        return self.real.per_ring[region] / float(np.median(rows)) if len(rows) else float("nan")

    def region_means(self, region: str) -> tuple[float, float]:
        """Return real returns per ring of a region, and the mean simulated ones; 0, 0 if none."""
        real, rows = self.real.per_ring[region], self._simulated(region)
        return (real, float(rows.mean())) if np.isfinite(real) and len(rows) else (0.0, 0.0)

    def _simulated(self, region: str) -> Floats:
        rows: Floats = np.array([drawn.per_ring[region] for drawn in self.drawn])
        return rows[np.isfinite(rows)]


@dataclass(frozen=True)
class Row:
    """One figure of the comparison."""

    name: str
    count: int
    """Of people, or of third differences, rays and neighbors."""
    value: float
    low: float = float("nan")
    """The lower quartile over people; NaN if the figure is one of all people together."""
    high: float = float("nan")
    interval: tuple[float, float] = (float("nan"), float("nan"))
    """The 95 percent interval by bootstrap over people; cuts of one person stay together."""

    @property
    def verdict(self) -> str:
        """Return `met`, `open` if the interval reaches the limits, or `missed`; empty without."""
        if self.name not in LIMITS:
            return ""
        least, most = LIMITS[self.name]
        if least <= self.value <= most:
            return "met"
        reached = self.interval[0] <= most and self.interval[1] >= least
        return "open" if reached else "missed"


def pair_up(people: Sequence[Person], sensor: Sensor, settings: Realism, draws: int) -> list[Pair]:
    """Measure people and simulate each of them `draws` times."""
    step = 2 * np.pi / sensor.columns
    pairs = []
    for person in people:
        where = (person.floor, person.height, step)
        drawn = tuple(
            measure(scan.points.astype(np.float64), scan.beams, *where)
            for scan in simulated(person, sensor, settings, draws)
        )
        if min(one.hits for one in drawn) > 0:
            pairs.append(Pair(person, measure(person.points, person.beams, *where), drawn))
    return pairs


def rows_of(pairs: Sequence[Pair]) -> list[Row]:
    """Return all figures of a group of people."""
    regions = [
        (f"hits per ring, {region}, real / simulated", _region_figure(region)) for region in REGIONS
    ]
    rows = [
        _over_people(name, figure, pairs)
        for name, figure in [
            (HITS, lambda pair: pair.hits_ratio),
            ("rings, real / simulated", lambda pair: pair.rings_ratio),
            *regions,
            ("spread of simulated hits (sd / mean)", lambda pair: pair.pose_spread),
        ]
    ]
    sums = [
        (f"hits per ring, {region}, sums, real / simulated", _sums_figure(region))
        for region in REGIONS
    ]
    rows += [
        Row(name, len(pairs), figure(pairs), interval=_interval(figure, pairs))
        for name, figure in (*sums, (NOISE, _noise_ratio), (HOLES, _holes_ratio))
    ]
    real, drawn = [pair.real for pair in pairs], [one for pair in pairs for one in pair.drawn]
    return [*rows, *_totals(real, "real"), *_totals(drawn, "simulated")]


def hits_of(pairs: Sequence[Pair]) -> Row:
    """Return the hits of a group of people."""
    return _over_people(HITS, lambda pair: pair.hits_ratio, pairs)


def _sums_figure(region: str) -> Callable[[Sequence[Pair]], float]:
    return lambda pairs: sums_ratio(region, pairs)


def sums_ratio(region: str, pairs: Sequence[Pair]) -> float:
    """Return real over simulated returns per ring of a region, both summed over people.

    Medians of people with five returns per ring change in steps of 20 percent; sums do not.
    """
    real, drawn = np.array([pair.region_means(region) for pair in pairs]).sum(axis=0)
    return float(real / drawn) if drawn else float("nan")


def _region_figure(region: str) -> Callable[[Pair], float]:
    return lambda pair: pair.region_ratio(region)


def _over_people(name: str, figure: Callable[[Pair], float], pairs: Sequence[Pair]) -> Row:
    """Return the median and the quartiles of a figure of each person."""
    values = {id(pair): figure(pair) for pair in pairs}
    found = np.array([value for value in values.values() if np.isfinite(value)])
    if len(found) == 0:
        return Row(name, 0, float("nan"))
    low, middle, high = np.percentile(found, [25, 50, 75])
    interval = _interval(
        lambda drawn: float(np.nanmedian([values[id(pair)] for pair in drawn])), pairs
    )
    return Row(name, len(found), float(middle), float(low), float(high), interval)


def _interval(
    figure: Callable[[Sequence[Pair]], float], pairs: Sequence[Pair]
) -> tuple[float, float]:
    """Return the 95 percent interval of a figure by bootstrap over tracks."""
    tracks: dict[str, list[Pair]] = {}
    for pair in pairs:
        tracks.setdefault(pair.person.track or pair.person.name, []).append(pair)
    groups, generator = list(tracks.values()), np.random.default_rng(0)
    if len(groups) < 3:
        return float("nan"), float("nan")
    found = []
    for _ in range(RESAMPLES):
        picked = generator.integers(0, len(groups), len(groups))
        found.append(figure([pair for number in picked for pair in groups[number]]))
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)


def _noise_ratio(pairs: Sequence[Pair]) -> float:
    real = np.concatenate([pair.real.thirds for pair in pairs])
    drawn = np.concatenate([one.thirds for pair in pairs for one in pair.drawn])
    return noise_of(real) / noise_of(drawn)


def _holes_ratio(pairs: Sequence[Pair]) -> float:
    drawn = [one for pair in pairs for one in pair.drawn]
    shares = [
        sum(one.holes for one in group) / max(sum(one.rays for one in group), 1)
        for group in ([pair.real for pair in pairs], drawn)
    ]
    return shares[0] / shares[1] if shares[1] > 0 else float("nan")


def _totals(group: Sequence[Measured], side: str) -> list[Row]:
    """Return the figures of all real or of all simulated people together."""
    thirds = np.concatenate([one.thirds for one in group])
    sigma = noise_of(thirds)
    beyond = float((np.abs(thirds) > 3 * np.sqrt(20.0) * sigma).mean()) if len(thirds) else 0.0
    rays, holes = sum(one.rays for one in group), sum(one.holes for one in group)
    neighbors, jumps = sum(one.neighbors for one in group), sum(one.jumps for one in group)
    return [
        Row(f"noise, mm, {side}", len(thirds), 1000 * sigma),
        Row(f"beyond 3 sigma, %, {side}", len(thirds), 100 * beyond),
        Row(f"holes, % of rays, {side}", rays, 100 * holes / max(rays, 1)),
        Row(
            f"jumps of 0.2 to 1 m, % of neighbors, {side}", neighbors,
            100 * jumps / max(neighbors, 1),
        ),
    ]  # fmt: skip
