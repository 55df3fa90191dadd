"""Moments of arrays: count, mean, squared deviations and range, which can be merged in parts.

Everything is computed in float64. Deviations are taken from the mean and not as E[x^2] - E[x]^2,
which loses all precision at an offset (0.0 for a true 0.01 at offset 1000 in float32). Merging
follows Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
variances" (1979). It is associative only up to rounding, so parts are always folded in the order of
the plan.
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
    """The moments of values, for each component of their last axis."""

    count: int
    """The number of values per component, or of parts that each have the weight of one value."""
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

        Only entries where `where` is nonzero are counted; its shape is that of the array's leading
        axes. Raises `ShardError` for values that are not finite.
        """
        counted = None if where is None else where != 0
        chosen = array if counted is None or counted.all() else array[counted]
        rows = chosen.reshape(-1, array.shape[-1])
        if not len(rows):
            return cls.empty(array.shape[-1])
        # One row per component: NumPy sums contiguous memory pairwise, which rounds less.
        return cls._of_components(np.array(rows.T, dtype=np.float64, order="C"))

    @classmethod
    def _of_components(cls, values: NDArray[np.float64]) -> Self:
        """Return the moments of values shaped (components, count), which are overwritten."""
        minimum, maximum = values.min(axis=1), values.max(axis=1)
        if not np.isfinite([minimum, maximum]).all():
            raise ShardError("cannot compute moments: some values are NaN or infinite")
        # Shift by the first value, so that a constant component has a deviation of exactly 0.
        first = values[:, :1].copy()
        values -= first
        shift = values.mean(axis=1, keepdims=True)
        values -= shift
        m2 = np.square(values, out=values).sum(axis=1)
        return cls(values.shape[1], (first + shift)[:, 0], m2, minimum, maximum)

    @classmethod
    def empty(cls, components: int) -> Self:
        """Return the moments of no values."""
        zeros = np.zeros(components)
        return cls(0, zeros, zeros, np.full(components, np.inf), np.full(components, -np.inf))

    def std(self, ddof: int = 0) -> NDArray[np.float64]:
        """Return the standard deviation of each component, with the divisor count - ddof."""
        if self.count <= ddof:
            raise ShardError(f"cannot compute the standard deviation of {self.count} values")
        return np.sqrt(self.m2 / (self.count - ddof))

    def as_one(self) -> Self:
        """Return the moments with the weight of one value, regardless of the count."""
        return replace(self, count=1, m2=self.m2 / self.count) if self.count else self

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Whether each component is constant: its standard deviation is 0 in float32."""
        return np.equal(self.std().astype(np.float32), 0)

    def to_json(self) -> dict[str, Any]:
        """Return the moments as JSON, with floats in hexadecimal: exact, including infinities."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return {
            "count": self.count,
            **{name: [float(v).hex() for v in array] for name, array in arrays.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Return the moments that `to_json` wrote, bit for bit."""
        arrays = (np.array([float.fromhex(v) for v in document[name]]) for name in _ARRAYS)
        return cls(document["count"], *arrays)


_ARRAYS = ("mean", "m2", "minimum", "maximum")


def merge(first: Moments, second: Moments) -> Moments:
    """Return the merged moments of two parts."""
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
    """Return the moments of all parts, merged one by one in order.

    The order affects the last bits: pass samples in manifest order, then shards in order. Raises
    `ShardError` where there are no parts.
    """
    remaining = iter(parts)
    first = next(remaining, None)
    if first is None:
        raise ShardError("cannot merge moments: there are no parts")
    return reduce(merge, remaining, first)
