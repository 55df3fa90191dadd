"""Random generators keyed by what they are for, so that a clip is the same in every corpus."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_STREAMS = {"recording": 0, "subject": 1, "captions": 2}


def generator(seed: int, stream: str, number: int) -> np.random.Generator:
    """Return the generator of one recording, subject or clip of a seed's corpora."""
    return np.random.default_rng([seed, _STREAMS[stream], number])


def one_of(rng: np.random.Generator, values: Sequence[T]) -> T:
    """Return one of some values, each as likely as the others."""
    return values[int(rng.integers(len(values)))]
