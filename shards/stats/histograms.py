"""Histograms: how often values fall into bins of one width, to be merged part by part.

Only bins that hold something are kept, so that no range has to be known beforehand. Counts are
whole numbers: no order of merging changes them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Histogram:
    """How many values there are from each bin's start up to, and without, the next one's."""

    width: float
    """Of a bin, in the unit of the values."""
    counts: Mapping[float, int]
    """By the bin's start, a multiple of the width."""

    @staticmethod
    def of(values: NDArray[Any], width: float) -> "Histogram":
        """Return the histogram of all values of an array."""
        bins, counts = np.unique(np.floor_divide(values, width), return_counts=True)
        return Histogram(width, dict(zip((bins * width).tolist(), counts.tolist(), strict=True)))

    def __add__(self, other: "Histogram") -> "Histogram":
        """Return the histogram of the values of two, whose bins are of one width."""
        return Histogram(self.width, Counter(self.counts) + Counter(other.counts))

    def to_json(self) -> dict[str, Any]:
        """Return the histogram as JSON, its bins in order."""
        starts = sorted(self.counts)
        counts = [self.counts[start] for start in starts]
        return {"width": self.width, "starts": starts, "counts": counts}
