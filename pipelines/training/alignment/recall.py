"""Recall: how often the right answer is among the first k, and how often it would be by chance.

Equal scores count against the model, so that one that says the same of everything gets nothing.
"""

from collections.abc import Sequence
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

RECALL_AT = (1, 3, 10)


def recall(
    scores: NDArray[np.floating[Any]], right: NDArray[np.bool_], ranks: Sequence[int] = RECALL_AT
) -> dict[int, float]:
    """Return by k the share of queries that have a right answer among their k best.

    Both are shaped (queries, answers); every query has a right answer.
    """
    best = np.where(right, scores, -np.inf).max(1, keepdims=True)
    before = (~(scores < best) & ~right).sum(1)  # so written, NaN counts against the model too
    return {k: float((before < k).mean()) for k in ranks}


def chance(right: NDArray[np.bool_], ranks: Sequence[int] = RECALL_AT) -> dict[int, float]:
    """Return what `recall` is expected to be of answers in a random order."""
    answers, counts = right.shape[1], right.sum(1).tolist()
    return {
        k: float(np.mean([1 - comb(answers - n, k) / comb(answers, k) for n in counts]))
        if k < answers
        else 1.0
        for k in ranks
    }
