"""Histograms with bins of one width, which can be merged in parts.

Only non-empty bins are stored, so the range need not be known in advance. Counts are integers, so
the order of merging does not affect them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Histogram:
    """The number of values per bin; a bin is the half-open interval [start, start + width)."""

    width: float
    """The width of a bin, in the unit of the values."""
    counts: Mapping[float, int]
    """The number of values by the bin's start, a multiple of the width."""

    @staticmethod
    def of(values: NDArray[Any], width: float) -> "Histogram":
        """Return the histogram of all values of an array."""
        bins, counts = np.unique(np.floor_divide(values, width), return_counts=True)
        return Histogram(width, dict(zip((bins * width).tolist(), counts.tolist(), strict=True)))

    def __add__(self, other: "Histogram") -> "Histogram":
        """Return the sum of two histograms, which must have the same bin width."""
        return Histogram(self.width, Counter(self.counts) + Counter(other.counts))

    def to_json(self) -> dict[str, Any]:
        """Return the histogram as JSON, with bins in ascending order."""
        starts = sorted(self.counts)
        counts = [self.counts[start] for start in starts]
        return {"width": self.width, "starts": starts, "counts": counts}
