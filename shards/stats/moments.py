"""Moments: count, mean, squared deviations and range of arrays, to be merged part by part.

Float64 throughout, deviations taken from the mean and never as E[x^2] - E[x]^2, which loses
everything at an offset (0.0 for a true 0.01 at offset 1000 in float32). Merging is Chan, Golub and
LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979). It is
associative only up to rounding, so parts are always folded in the order of the plan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError


@dataclass(frozen=True, eq=False)
class Moments:
    """What is known of some values, for each component of their last axis."""

    count: int
    """How many values each component has had, or parts that weigh as one."""
    mean: NDArray[np.float64]
    """Shaped (components,); zero where nothing was counted."""
    m2: NDArray[np.float64]
    """The sum of squared deviations from the mean, shaped (components,)."""
    minimum: NDArray[np.float64]
    """Shaped (components,); infinite where nothing was counted."""
    maximum: NDArray[np.float64]
    """Shaped (components,); minus infinite where nothing was counted."""

    @classmethod
    def of(cls, array: NDArray[Any], where: NDArray[Any] | None = None) -> Self:
        """Return the moments of an array shaped (..., components).

        Only entries where `where`, shaped as the array's leading axes, is not zero are counted.
        Raises `ShardError` for values that are not finite.
        """
        counted = None if where is None else where != 0
        chosen = array if counted is None or counted.all() else array[counted]
        rows = chosen.reshape(-1, array.shape[-1])
        if not len(rows):
            return cls.nothing(array.shape[-1])
        # One row a component: NumPy sums along contiguous memory in pairs, which rounds less.
        return cls._of_components(np.array(rows.T, dtype=np.float64, order="C"))

    @classmethod
    def _of_components(cls, values: NDArray[np.float64]) -> Self:
        """Return the moments of values shaped (components, count), which are overwritten."""
        minimum, maximum = values.min(axis=1), values.max(axis=1)
        if not np.isfinite([minimum, maximum]).all():
            raise ShardError("moments were asked of values that are NaN or infinite")
        # Shifted by the first value, so that a constant has exactly no deviation.
        first = values[:, :1].copy()
        values -= first
        shift = values.mean(axis=1, keepdims=True)
        values -= shift
        m2 = np.square(values, out=values).sum(axis=1)
        return cls(values.shape[1], (first + shift)[:, 0], m2, minimum, maximum)

    @classmethod
    def nothing(cls, components: int) -> Self:
        """Return the moments of no values."""
        zeros = np.zeros(components)
        return cls(0, zeros, zeros, np.full(components, np.inf), np.full(components, -np.inf))

    def std(self, ddof: int = 0) -> NDArray[np.float64]:
        """Return the standard deviation of each component, its sum divided by count - ddof."""
        if self.count <= ddof:
            raise ShardError(f"a standard deviation of {self.count} values was asked for")
        return np.sqrt(self.m2 / (self.count - ddof))

    def as_one(self) -> Self:
        """Return the moments with the weight of one value, however many were counted."""
        return replace(self, count=1, m2=self.m2 / self.count) if self.count else self

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Tell of each component whether its values are all one, or too nearly so for float32."""
        return np.equal(self.std().astype(np.float32), 0)

    def to_json(self) -> dict[str, Any]:
        """Return the moments as JSON, floats in hexadecimal: exact, infinities included."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return {
            "count": self.count,
            **{name: [float(v).hex() for v in array] for name, array in arrays.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Return the moments that `to_json` wrote, to the bit."""
        arrays = (np.array([float.fromhex(v) for v in document[name]]) for name in _ARRAYS)
        return cls(document["count"], *arrays)


_ARRAYS = ("mean", "m2", "minimum", "maximum")


def merge(first: Moments, second: Moments) -> Moments:
    """Return the moments of two parts together."""
    if not first.count or not second.count:
        return first if first.count else second
    count = first.count + second.count
    delta = second.mean - first.mean
    share = second.count / count
    return Moments(
        count,
        first.mean + delta * share,
        first.m2 + second.m2 + np.square(delta) * (first.count * share),
        np.minimum(first.minimum, second.minimum),
        np.maximum(first.maximum, second.maximum),
    )


def fold(parts: Iterable[Moments]) -> Moments:
    """Return the moments of all parts together, merged one by one in their order.

    The order decides the last bits: give samples in the order of the manifest, then shards.
    """
    remaining = iter(parts)
    first = next(remaining, None)
    if first is None:
        raise ShardError("moments of no parts were asked for")
    return reduce(merge, remaining, first)
