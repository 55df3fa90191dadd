"""Random generators keyed by purpose, so that a clip does not depend on the size of its corpus."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_STREAMS = {"recording": 0, "subject": 1, "captions": 2}


def generator(seed: int, stream: str, number: int) -> np.random.Generator:
    """Return the random generator of one recording, subject or clip for a seed.

    `stream` is `recording`, `subject` or `captions`; `number` is the number of the item.
    """
    return np.random.default_rng([seed, _STREAMS[stream], number])


def one_of(rng: np.random.Generator, values: Sequence[T]) -> T:
    """Return one of the values, sampled uniformly."""
    return values[int(rng.integers(len(values)))]
