"""Recall compared with slow counting, and chance compared with random orders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.training.alignment.recall import RECALL_AT, chance, recall


def make_right(queries: int, answers: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Return which answers are right: one of each query's at least."""
    right = random.random((queries, answers)) < 0.2
    right[np.arange(queries), random.integers(0, answers, queries)] = True
    return right


def slow_recall(scores: NDArray[np.float64], right: NDArray[np.bool_], k: int) -> float:
    """Count the queries of whose k best answers one is right, wrong ones first: the reference."""
    hits = 0
    for row, score in enumerate(scores):
        order = sorted(range(len(score)), key=lambda at: (-score[at], right[row, at]))
        hits += any(right[row, at] for at in order[:k])
    return hits / len(scores)


@settings(max_examples=60, deadline=None)
@given(queries=st.integers(1, 6), answers=st.integers(1, 15), seed=st.integers(0, 10**6))
def test_recall_is_what_slow_counting_finds(queries: int, answers: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    right = make_right(queries, answers, random)
    scores = random.integers(0, 4, right.shape).astype(float)  # with many that are equal
    found = recall(scores, right)
    assert found == {k: pytest.approx(slow_recall(scores, right, k)) for k in RECALL_AT}


def test_scores_that_are_all_the_same_or_nan_recall_nothing() -> None:
    right = np.eye(20, dtype=bool)
    for value in (0.5, np.nan):
        assert recall(np.full((20, 20), value), right) == {1: 0, 3: 0, 10: 0}


def test_perfect_scores_recall_everything() -> None:
    right = np.eye(20, dtype=bool)
    assert recall(right.astype(float), right) == {1: 1, 3: 1, 10: 1}


@pytest.mark.parametrize(("queries", "answers"), [(4, 12), (7, 30), (3, 5)])
def test_chance_is_the_recall_of_random_orders(queries: int, answers: int) -> None:
    random = np.random.default_rng(0)
    right = make_right(queries, answers, random)
    rounds = [recall(random.random(right.shape), right) for _ in range(4000)]
    for k, expected in chance(right).items():
        assert np.mean([each[k] for each in rounds]) == pytest.approx(expected, abs=0.02)
