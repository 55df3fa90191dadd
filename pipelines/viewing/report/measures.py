"""Distributions over the clips of a dataset: values of the manifest, and of measured clips.

Lengths and hits per clip are of all clips. What needs the arrays is of evenly spaced clips if there
are many, because a report must not read a whole dataset.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.body_regions import REGION_COLORS, REGION_OF_JOINT
from motiondata.skeletons import JOINT_NAMES
from pipelines.engine.description import Measure
from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.viewed_clip import Scan, ViewedClip
from shards.stats.histograms import Histogram

QUALITY = "quality"
"""The measures of motion quality in a sample's `json`."""
NO_QUALITY: Mapping[str, Measure] = {}
MOST_BINS = 60
"""Values above this number of bins are counted in the last bin."""


@dataclass(frozen=True)
class Quantity:
    """Something that is shown as a histogram."""

    title: str
    unit: str
    width: float
    """The width of a bin, in the unit."""
    limit: float | None = None
    """Values above it are flags."""


LENGTHS = Quantity("Length of clips", "s", 0.5)
HITS = Quantity("Hits per frame", "rays", 20)
RANGES = Quantity("Range of points", "m", 0.1)
POINT_HEIGHTS = Quantity("Height of points above the floor", "m", 0.05)
PELVIS_HEIGHTS = Quantity("Height of the pelvis above the floor", "m", 0.025)
SPEEDS = Quantity("Speed of the pelvis", "m/s", 0.05)
QUANTITIES = (LENGTHS, HITS, RANGES, POINT_HEIGHTS, PELVIS_HEIGHTS, SPEEDS)
"""All quantities, in the order of the page."""


@dataclass
class Coverage:
    """How often each body part is hit in the measured clips."""

    frames: int = 0
    points: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    """The number of points on each part, shaped (256,)."""
    seen: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    """The number of frames with a point on each part, shaped (256,)."""

    def add(self, scan: Scan) -> None:
        """Count the points of a clip."""
        frames = len(scan.parts)
        numbers = np.arange(frames)[:, None] * 256 + scan.parts
        counts = np.bincount(numbers[scan.is_seen], minlength=frames * 256).reshape(frames, 256)
        self.frames += frames
        self.points += counts.sum(axis=0)
        self.seen += (counts > 0).sum(axis=0)

    def to_json(self) -> list[dict[str, Any]]:
        """Return a row per body part; empty without points."""
        total = int(self.points.sum())
        return [
            {
                "part": name.replace("_", " "),
                "color": REGION_COLORS[REGION_OF_JOINT[joint]],
                "points": int(self.points[joint]) / total,
                "frames": int(self.seen[joint]) / self.frames,
            }
            for joint, name in enumerate(JOINT_NAMES)
            if total
        ]


def quantities_of(quality: Mapping[str, Measure]) -> Mapping[str, Quantity]:
    """Return the quantities of the measures of motion quality that a product may have."""
    return {
        name: Quantity(
            name.replace("_", " ").capitalize(), measure.unit, measure.bin_width, measure.limit
        )
        for name, measure in quality.items()
    }


class Measures:
    """The distributions of a dataset. Clips are added one by one."""

    def __init__(self, table: ClipTable, quality: Mapping[str, Measure] = NO_QUALITY) -> None:
        self.clips = 0
        """The number of measured clips."""
        self._quality = quantities_of(quality)
        self._values: dict[Quantity, list[float]] = {}
        self.coverage = Coverage()
        self._histograms: dict[Quantity, Histogram] = {}
        seconds = table.seconds
        self._count(LENGTHS, seconds[np.isfinite(seconds)])

    def add(self, clip: ViewedClip) -> None:
        """Measure a clip."""
        self.clips += 1
        if (scan := clip.scan) is not None:
            seen = scan.is_seen
            self._count(HITS, scan.hits)
            self._count(RANGES, scan.ranges[seen])
            self._count(POINT_HEIGHTS, scan.points[..., 2][seen])
            self.coverage.add(scan)
        if clip.skeleton is not None:
            pelvis = clip.skeleton.joints[:, 0]
            steps = np.linalg.norm(np.diff(pelvis, axis=0), axis=-1)
            self._count(PELVIS_HEIGHTS, pelvis[:, 2])
            self._count(SPEEDS, steps * clip.fps)
        self._add_quality(clip.details.get(QUALITY))

    def _add_quality(self, measured: object) -> None:
        """Count the measures of a clip; what is no number was not measured."""
        if isinstance(measured, Mapping):
            for name, quantity in self._quality.items():
                value = measured.get(name)
                if isinstance(value, int | float) and math.isfinite(value):
                    self._values.setdefault(quantity, []).append(value)

    def to_json(self) -> list[dict[str, Any]]:
        """Return the histograms that have values, in the order of `QUANTITIES`."""
        return [
            histogram_to_json(quantity, self._histograms[quantity], self._of(quantity))
            for quantity in QUANTITIES
            if quantity in self._histograms
        ]

    def quality_to_json(self) -> list[dict[str, Any]]:
        """Return the histograms of the measures of motion quality that clips have."""
        return [
            histogram_to_json(quantity, Histogram.of(np.array(values), quantity.width), self.clips)
            | {"median": round(float(np.median(values)), 5)}
            for quantity, values in self._values.items()
        ]

    def _of(self, quantity: Quantity) -> int | None:
        """Return the number of clips that were measured; None if all are in the manifest."""
        return None if quantity is LENGTHS else self.clips

    def _count(self, quantity: Quantity, values: NDArray[Any]) -> None:
        if len(values):
            found = Histogram.of(values, quantity.width)
            before = self._histograms.get(quantity)
            self._histograms[quantity] = found if before is None else before + found


def histogram_to_json(
    quantity: Quantity, histogram: Histogram, clips: int | None = None
) -> dict[str, Any]:
    """Return a histogram for a page: adjacent bins from the first, with a last bin for the rest.

    Bins are merged, two and two, until at most `MOST_BINS` hold all but a thousandth of the values.
    The bins of a quantity with a limit extend from 0 to the limit at least.
    """
    numbers, counts = _bins_of(histogram)
    width, first = histogram.width, _quantile(numbers, counts, 0.0005)
    while (_quantile(numbers, counts, 0.9995) - first) >= MOST_BINS:
        numbers, width = numbers // 2, width * 2
        first = _quantile(numbers, counts, 0.0005)
    last = _quantile(numbers, counts, 0.9995)
    if quantity.limit is not None:
        first, last = min(first, 0), max(last, math.floor(quantity.limit / width))
    middle = 0.0 if width == 1 else 0.5  # bins of width 1 have one whole number
    bins = np.bincount(np.clip(numbers, first, last) - first, counts, last - first + 1).astype(int)
    return {
        "title": quantity.title,
        "unit": quantity.unit,
        "width": round(width, 6),
        "start": round(first * width, 6),
        "counts": bins.tolist(),
        "below": bool((numbers < first).any()),
        "above": bool((numbers > last).any()),
        "median": round((_quantile(numbers, counts, 0.5) + middle) * width, 6),
        "clips": clips,
        "limit": quantity.limit,
    }


def _bins_of(histogram: Histogram) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of the bins with values, in order, and their counts."""
    starts = np.array(sorted(histogram.counts))
    counts = np.array([histogram.counts[start] for start in starts.tolist()], np.int64)
    return np.rint(starts / histogram.width).astype(np.int64), counts


def _quantile(numbers: NDArray[np.int64], counts: NDArray[np.int64], share: float) -> int:
    """Return the number of the bin with this quantile."""
    upto = np.cumsum(counts)
    return int(numbers[np.searchsorted(upto, share * upto[-1], side="left")])


def evenly_spaced(total: int, number: int) -> NDArray[np.int64]:
    """Return up to `number` evenly spaced places among `total`, in order, each once."""
    if total <= number:
        return np.arange(total)
    return np.unique(np.linspace(0, total - 1, number).round().astype(np.int64))


def spread_out(places: Iterable[int]) -> list[int]:
    """Return places in an order whose every beginning is spread over all of them.

    The order is that of their numbers with reversed bits, the sequence of van der Corput.
    """
    of = [*places]
    bits = max(1, (len(of) - 1).bit_length())
    order = sorted(range(len(of)), key=lambda place: f"{place:0{bits}b}"[::-1])
    return [of[place] for place in order]
