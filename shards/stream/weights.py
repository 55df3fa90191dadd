"""The weights of a mixture, and how many items of each part an epoch has by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.stream.numbers import whole_number

Weights = Mapping[str, float] | Sequence[float]
"""Weights by the name of the part, or in the order of the parts."""


def checked_weights(names: Sequence[str], weights: Weights) -> tuple[float, ...]:
    """Return the weights in the order of the parts; raise `ShardError` for weights that are none.

    A weight of 0 leaves a part out.
    """
    if isinstance(weights, Mapping):
        if weights.keys() != {*names}:
            raise ShardError(
                f"the weights are of {', '.join(weights)}; expected {', '.join(names)}"
            )
        weights = [weights[name] for name in names]
    numbers = [*weights]
    if len(numbers) != len(names):
        raise ShardError(f"there are {len(numbers)} weights for {len(names)} parts")
    is_number = [
        isinstance(each, int | float | np.number) and not isinstance(each, bool) for each in numbers
    ]
    if not all(is_number) or not all(0 <= each < np.inf for each in numbers) or not any(numbers):
        raise ShardError(f"the weights are {numbers}; expected numbers of at least 0, not all 0")
    return tuple(map(float, numbers))


def shares(weights: Sequence[float], items: int) -> NDArray[np.int64]:
    """Return how many of `items` items each weight gets, shaped (weights,).

    The numbers are the exact shares rounded down, and one more for those that lose most, so that
    they add up to `items`.
    """
    exact = np.array(weights) / sum(weights) * items
    counts = np.floor(exact).astype(np.int64)
    most = np.argsort(counts - exact, kind="stable")
    counts[most[: items - int(counts.sum())]] += 1
    return counts


@dataclass(frozen=True)
class WeightPlan:
    """The weights of each epoch: `changes` has the first epoch of each, in ascending order."""

    changes: tuple[tuple[int, tuple[float, ...]], ...]

    def counts(self, epoch: int, items: int) -> NDArray[np.int64]:
        """Return the number of items of each part in an epoch, shaped (parts,)."""
        return shares([weights for first, weights in self.changes if first <= epoch][-1], items)

    def drawn_before(self, epoch: int, items: int) -> NDArray[np.int64]:
        """Return the number of items of each part in all earlier epochs, shaped (parts,)."""
        ends = [first for first, _ in self.changes[1:]] + [epoch]
        drawn = np.zeros(len(self.changes[0][1]), np.int64)
        for (first, weights), end in zip(self.changes, ends, strict=True):
            drawn += shares(weights, items) * max(min(end, epoch) - first, 0)
        return drawn

    def changed(self, epoch: int, weights: tuple[float, ...]) -> "WeightPlan":
        """Return the plan with other weights from an epoch on."""
        kept = (change for change in self.changes if change[0] < epoch)
        return WeightPlan((*kept, (epoch, weights)))

    def to_json(self) -> list[Any]:
        """Return the plan as JSON, for a state."""
        return [[epoch, [*weights]] for epoch, weights in self.changes]

    @classmethod
    def from_json(cls, names: Sequence[str], document: Any) -> "WeightPlan":
        """Return the plan in a state; raise `ShardError` if there is none."""
        try:
            changes = [(epoch, checked_weights(names, weights)) for epoch, weights in document]
        except (TypeError, ValueError) as error:
            raise ShardError(f"the weights of the state are {document!r}; {error}") from error
        epochs = [whole_number("epoch of weights", epoch, least=0) for epoch, _ in changes]
        if epochs[:1] != [0] or epochs != sorted({*epochs}):
            raise ShardError(f"the epochs of weights are {epochs}; expected 0 and later ones")
        return cls(tuple(changes))
