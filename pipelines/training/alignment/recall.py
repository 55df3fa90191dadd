"""Recall: how often a right answer is among the first k, and how often by chance.

Equal scores count against the model, so that constant scores gain nothing.
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
    """Return for each k the share of queries with a right answer among their k best answers.

    `scores` and `right` are shaped (queries, answers); every query has a right answer.
    """
    best = np.where(right, scores, -np.inf).max(1, keepdims=True)
    before = (~(scores < best) & ~right).sum(1)  # NaN counts against the model too
    return {k: float((before < k).mean()) for k in ranks}


def chance(right: NDArray[np.bool_], ranks: Sequence[int] = RECALL_AT) -> dict[int, float]:
    """Return the expected `recall` of answers in random order."""
    answers, counts = right.shape[1], right.sum(1).tolist()
    return {
        k: float(np.mean([1 - comb(answers - n, k) / comb(answers, k) for n in counts]))
        if k < answers
        else 1.0
        for k in ranks
    }
