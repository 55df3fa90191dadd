"""Places of sensors, of which each sample draws its own from the options that are ranges.

A draw is a function of the seed, the option and the sample's key. So mirror images and further
views draw other places than their clip, and no draw depends on the order of work.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from motiondata.lidar.realism.keyed_random import generator_of
from motiondata.lidar.rigs.placements import Around, Placement
from pipelines.products.lidar.options import LidarOptions


def draw_place(options: LidarOptions, key: str) -> dict[str, float]:
    """Return the values that a sample draws, uniformly, by the option that is a range.

    Distances and heights are in meters, azimuths in degrees.
    """
    return {
        name: float(generator_of(options.seed, name, key).uniform(least, greatest))
        for name, (least, greatest) in options.ranges.items()
    }


def placed_at(placement: Placement, drawn: Mapping[str, float]) -> Placement:
    """Return a placement at drawn values. Only sensors around a person have any."""
    if not isinstance(placement, Around):
        return placement
    values: dict[str, Any] = {**drawn}
    return replace(placement, **values)
