"""The result of a comparison: the pairing in time, the angle of each bone, and where they part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.counting import counted, counted_units
from motiondata.true_runs import true_runs
from pipelines.comparing.bone_directions import BONES
from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table

Floats = NDArray[np.float64]
SHOWN_BONES = 8
"""Bones in the text, those that differ most."""


@dataclass(frozen=True)
class BoneDifference:
    """The angle between a bone of one performance and that of the other."""

    bone: str
    """The joint that the bone ends in."""
    mean_degrees: float
    """Mean along the path."""
    largest_degrees: float
    first_seconds: float
    """When the angle is largest, in A."""
    second_seconds: float
    """When the angle is largest, in B."""


@dataclass(frozen=True)
class Parting:
    """A time in which at least one bone differs by more than the limit."""

    first_seconds: tuple[float, float]
    """Start and end in A."""
    second_seconds: tuple[float, float]
    """Start and end in B."""
    largest_degrees: float
    bones: tuple[str, ...]
    """The bones that differ by more than the limit, the largest difference first."""


@dataclass(frozen=True)
class Comparison(Report):
    """Two performances, aligned by dynamic time warping."""

    first: str
    """The clip of A."""
    second: str
    """The clip of B."""
    first_seconds: float
    second_seconds: float
    fps: float
    """Frames per second at which poses were compared."""
    part_degrees: float
    """Angle above which they part."""
    distance_degrees: float
    """Mean angle of all bones along the path."""
    bones: tuple[BoneDifference, ...]
    """The bones, the largest mean difference first."""
    partings: tuple[Parting, ...]
    """When they part, in order."""
    path: tuple[tuple[float, float], ...]
    """Seconds in A and in B of each pair of frames."""

    def lines(self) -> list[str]:
        """Return the distance, the bones that differ most, and when the performances part."""
        header = ("bone that ends in", "mean", "largest", "at A", "at B", "")
        rows = [
            (
                each.bone,
                f"{each.mean_degrees:.1f}",
                f"{each.largest_degrees:.1f}",
                f"{each.first_seconds:.2f} s",
                f"{each.second_seconds:.2f} s",
                "",
            )
            for each in self.bones[:SHOWN_BONES]
        ]
        return [
            f"A: {self.first}, {self.first_seconds:.2f} s; B: {self.second}, "
            f"{self.second_seconds:.2f} s",
            f"distance: {self.distance_degrees:.1f} degrees, the mean angle of "
            f"{counted(len(self.bones), 'bone')} over "
            f"{counted_units(len(self.path), 'pairs of frames')}",
            *table([header, *rows], numbers=True),
            *self._parting_lines(),
        ]

    def _parting_lines(self) -> list[str]:
        if not self.partings:
            return [f"they do not part: no bone differs by more than {self.part_degrees:g} degrees"]
        return [
            f"they part (a bone differs by more than {self.part_degrees:g} degrees):",
            *(
                f"  A {_span(each.first_seconds)}, B {_span(each.second_seconds)}: up to "
                f"{each.largest_degrees:.0f} degrees; {', '.join(each.bones)}"
                for each in self.partings
            ),
        ]


def _span(seconds: tuple[float, float]) -> str:
    return f"{seconds[0]:.2f}-{seconds[1]:.2f} s"


def bone_differences(angles: Floats, seconds: Floats) -> tuple[BoneDifference, ...]:
    """Return the difference of each bone, the largest mean first.

    `angles` in degrees are shaped (pairs, bones), `seconds` (pairs, 2).
    """
    largest, means = angles.argmax(0), angles.mean(0)
    found = [
        BoneDifference(name, float(means[bone]), float(angles[at, bone]), *map(float, seconds[at]))
        for bone, (name, at) in enumerate(zip(BONES, largest, strict=True))
    ]
    return tuple(sorted(found, key=lambda each: -each.mean_degrees))


def partings(angles: Floats, seconds: Floats, limit: float) -> tuple[Parting, ...]:
    """Return the runs of pairs in which a bone differs by more than `limit` degrees."""
    apart = true_runs(np.any(angles > limit, axis=1))
    return tuple(
        _parting(angles[run.start : run.stop], seconds[run.start : run.stop], limit)
        for run in apart
    )


def _parting(angles: Floats, seconds: Floats, limit: float) -> Parting:
    largest = angles.max(0)
    order = [int(bone) for bone in np.argsort(-largest, kind="stable") if largest[bone] > limit]
    starts, ends = seconds[0], seconds[-1]
    return Parting(
        (float(starts[0]), float(ends[0])),
        (float(starts[1]), float(ends[1])),
        float(largest.max()),
        tuple(BONES[bone] for bone in order),
    )
