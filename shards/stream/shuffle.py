"""The order of an epoch and its random choices, computed for just the items that are asked for.

A permutation is a Feistel network over a square just larger than the number of items, walked on
until it ends inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). So it is an
exact permutation without memory: the middle of an epoch is as near as its beginning. The mixing is
SplitMix64's (Steele et al., 2014), spelled here, so that no release of NumPy can change an order.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

ROUNDS = 6
"""Four make a permutation that looks random (Luby and Rackoff); six do so in small squares too."""
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIXERS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST_SHIFT = np.uint64(31)


@dataclass(frozen=True)
class Epoch:
    """One pass over some items: all that its randomness depends on."""

    seed: int
    number: int

    def permute(self, places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Return the items at places of the epoch's random order of `count` items."""
        side = np.uint64(isqrt(count - 1) + 1)
        keys = _keys("order", self.seed, self.number)
        items = _feistel(places.astype(np.uint64), side, keys)
        outside = np.flatnonzero(items >= count)
        while len(outside):
            items[outside] = _feistel(items[outside], side, keys)
            outside = outside[items[outside] >= count]
        return items.astype(np.int64)

    def choose(
        self, purpose: str, items: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return a random number below each count, always the same for the same item."""
        key = _keys(purpose, self.seed, self.number)[0]
        mixed = _mix(items.astype(np.uint64), key) % counts.astype(np.uint64)
        return mixed.astype(np.int64)


@lru_cache(maxsize=64)
def _keys(purpose: str, seed: int, epoch: int) -> Sequence[np.uint64]:
    digest = hashlib.blake2b(f"{purpose} {seed} {epoch}".encode(), digest_size=8 * ROUNDS).digest()
    return tuple(np.frombuffer(digest, "<u8").astype(np.uint64))


def _feistel(
    numbers: NDArray[np.uint64], side: np.uint64, keys: Sequence[np.uint64]
) -> NDArray[np.uint64]:
    """Permute the numbers below `side` squared."""
    left, right = np.divmod(numbers, side)
    for key in keys:
        left, right = right, (left + _mix(right, key) % side) % side
    return left * side + right


def _mix(numbers: NDArray[np.uint64], key: np.uint64) -> NDArray[np.uint64]:
    """Return 64 bits of each number that look random and depend on the key."""
    mixed = numbers * GOLDEN + key
    for shift, factor in MIXERS:
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    return mixed ^ (mixed >> LAST_SHIFT)
