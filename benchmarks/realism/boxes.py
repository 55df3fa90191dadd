"""Boxes of labeled people: the points in them, and the people that can be compared."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.people import RealScans
from benchmarks.realism.person import Person
from motiondata.errors import InputError

Floats = NDArray[np.float64]

SLACK = 0.05
"""Boxes are widened by this on each side, because labels cut off hands; meters."""
FEWEST = 30
"""People with fewer points are left out: ratios of small numbers say little."""


@dataclass(frozen=True)
class PersonBox:
    """A labeled person, in the sensor frame: x forward, y left, z up; meters, radians."""

    name: str
    x: float
    y: float
    floor: float
    length: float
    width: float
    height: float
    yaw: float

    def contains(self, points: Floats) -> NDArray[np.bool_]:
        """Return which points, shaped (points, 3), are in the box, shaped (points,)."""
        cosine, sine = np.cos(self.yaw), np.sin(self.yaw)
        east, north = points[:, 0] - self.x, points[:, 1] - self.y
        ahead, aside = cosine * east + sine * north, cosine * north - sine * east
        up = points[:, 2] - self.floor
        within = np.abs(ahead) <= self.length / 2 + SLACK
        within &= np.abs(aside) <= self.width / 2 + SLACK
        return np.asarray(within & (up >= 0) & (up <= self.height + SLACK))


def people_in(boxes: Iterable[PersonBox], points: Floats, beams: NDArray[np.int64]) -> list[Person]:
    """Return the people with enough points; `points` are shaped (points, 3), `beams` (points,)."""
    people = []
    for box in boxes:
        inside = box.contains(points)
        if inside.sum() >= FEWEST:
            place = np.array([box.x, box.y])
            people.append(
                Person(
                    box.name, points[inside], beams[inside], place, box.floor, box.height, box.yaw
                )
            )
    return people


def expect_people(scans: RealScans, folder: Path) -> RealScans:
    """Return the scans; raises `InputError` unless both halves have people."""
    if len(scans.people) < 2:
        raise InputError(
            f"{folder}: expected at least two unoccluded people with {FEWEST} points or more, "
            f"found {len(scans.people)}"
        )
    return scans
