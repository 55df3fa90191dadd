"""The random order and random choices of an epoch, computed only for the requested items.

A permutation is a Feistel network over the smallest square that is at least the number of items,
with cycle walking until the result is in range (Black and Rogaway, "Ciphers with arbitrary finite
domains", 2002). It is an exact permutation without a table, so a pass can resume in the middle of
an epoch at no extra cost. The mixing function is that of SplitMix64 (Steele et al., 2014),
implemented here so that no release of NumPy can change an order.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

ROUNDS = 6
"""Four rounds look random (Luby and Rackoff); six rounds look random in small squares too."""
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIXERS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST_SHIFT = np.uint64(31)


@dataclass(frozen=True)
class Epoch:
    """One pass over the items: the seed and the epoch number that determine its randomness."""

    seed: int
    number: int

    def permute(self, places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Return the items at these places of the epoch's random order of `count` items."""
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
        """Return a random number below each count; it depends on the purpose, epoch and item."""
        key = _keys(purpose, self.seed, self.number)[0]
        mixed = _mix(items.astype(np.uint64), key) % counts.astype(np.uint64)
        return mixed.astype(np.int64)


def derived_seed(seed: int, purpose: str) -> int:
    """Return another seed for a purpose, so that its random order is independent of others."""
    digest = hashlib.blake2b(f"{purpose} of {seed}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


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
    """Return 64 pseudorandom bits for each number and the key."""
    mixed = numbers * GOLDEN + key
    for shift, factor in MIXERS:
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    return mixed ^ (mixed >> LAST_SHIFT)
