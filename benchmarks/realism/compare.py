"""Compare real and simulated people of one file: medians, quartiles and ratios."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.measures import REGIONS, Measured, measure, noise_of
from benchmarks.realism.people import Person
from benchmarks.realism.simulate import simulated
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.sensor import Sensor

Floats = NDArray[np.float64]


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
        rows = np.array([drawn.per_ring[region] for drawn in self.drawn])
        rows = rows[np.isfinite(rows)]
        return self.real.per_ring[region] / float(np.median(rows)) if len(rows) else float("nan")


@dataclass(frozen=True)
class Row:
    """One figure of the comparison."""

    name: str
    count: int
    """Of people, or of third differences, rays and neighbors."""
    value: float
    low: float
    """The lower quartile over people; NaN if the figure is one of all people together."""
    high: float


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
    rows = [
        _quartiles("hits, real / simulated", [pair.hits_ratio for pair in pairs]),
        _quartiles("rings, real / simulated", [pair.rings_ratio for pair in pairs]),
        *(
            _quartiles(
                f"hits per ring, {region}, real / simulated",
                [pair.region_ratio(region) for pair in pairs],
            )
            for region in REGIONS
        ),
        _quartiles("spread of simulated hits (sd / mean)", [pair.pose_spread for pair in pairs]),
    ]
    real, drawn = [pair.real for pair in pairs], [one for pair in pairs for one in pair.drawn]
    for side, group in (("real", real), ("simulated", drawn)):
        thirds = np.concatenate([one.thirds for one in group])
        sigma = noise_of(thirds)
        rows.append(_whole(f"noise, mm, {side}", len(thirds), 1000 * sigma))
        beyond = float((np.abs(thirds) > 3 * np.sqrt(20.0) * sigma).mean())
        rows.append(_whole(f"beyond 3 sigma, %, {side}", len(thirds), 100 * beyond))
        rays, holes = sum(one.rays for one in group), sum(one.holes for one in group)
        rows.append(_whole(f"holes, % of rays, {side}", rays, 100 * holes / max(rays, 1)))
        neighbors, jumps = sum(one.neighbors for one in group), sum(one.jumps for one in group)
        rows.append(
            _whole(f"jumps of 0.2 to 1 m, % of neighbors, {side}", neighbors,
                   100 * jumps / max(neighbors, 1))
        )  # fmt: skip
    return rows


def _quartiles(name: str, values: Sequence[float]) -> Row:
    found = np.array([value for value in values if np.isfinite(value)])
    if len(found) == 0:
        return Row(name, 0, float("nan"), float("nan"), float("nan"))
    low, middle, high = np.percentile(found, [25, 50, 75])
    return Row(name, len(found), float(middle), float(low), float(high))


def _whole(name: str, count: int, value: float) -> Row:
    return Row(name, count, value, float("nan"), float("nan"))
