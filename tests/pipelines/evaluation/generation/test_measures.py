"""The measures of generated motion: each equals a plain loop, and has its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator, default_rng
from scipy.linalg import sqrtm

from pipelines.evaluation.generation.measures import (
    RANKS,
    diversity,
    frechet_distance,
    halves_distance,
    matching,
    multimodality,
)
from pipelines.training.matching.matcher import Embeddings

SEEDS = st.integers(0, 1000)


def vectors(seed: int, number: int = 40, width: int = 6) -> Embeddings:
    return default_rng(seed).normal(size=(number, width))


def matched_by_hand(
    motions: Embeddings, texts: Embeddings, random: Generator, group: int
) -> tuple[dict[int, float], float]:
    """Return R-precision and matching distance, a text at a time."""
    order = [int(each) for each in random.permutation(len(motions))]
    hits = dict.fromkeys(RANKS, 0)
    distances = []
    for at in range(0, len(order) - group + 1, group):
        members = order[at : at + group]
        for text in members:
            found = sorted(
                members, key=lambda one: float(np.linalg.norm(texts[text] - motions[one]))
            )
            for rank in RANKS:
                hits[rank] += text in found[:rank]
            distances.append(float(np.linalg.norm(texts[text] - motions[text])))
    shares = {rank: count / len(distances) for rank, count in hits.items()}
    return shares, float(np.mean(distances))


@given(SEEDS, st.integers(2, 20))
def test_matching_is_that_of_a_loop_over_texts(seed: int, group: int) -> None:
    motions, noise = vectors(seed), vectors(seed + 1)
    texts = motions + noise
    found = matching(motions, texts, default_rng(seed), group)
    expected = matched_by_hand(motions, texts, default_rng(seed), group)
    assert found[0] == pytest.approx(expected[0])
    assert found[1] == pytest.approx(expected[1])


def test_texts_at_their_motions_are_always_found() -> None:
    motions = vectors(0)
    assert matching(motions, motions, default_rng(0), 8) == ({1: 1.0, 2: 1.0, 3: 1.0}, 0.0)


def test_equal_motions_count_as_wrong() -> None:
    same = np.zeros((8, 3))
    assert matching(same, same, default_rng(0), 8)[0] == {1: 0.0, 2: 0.0, 3: 0.0}


@given(SEEDS)
def test_the_frechet_distance_is_that_of_the_matrix_square_root(seed: int) -> None:
    one, other = vectors(seed), 2 * vectors(seed + 1, 30) + 1
    first, second = np.cov(one.T), np.cov(other.T)
    root = sqrtm(first @ second).real
    difference = one.mean(0) - other.mean(0)
    expected = difference @ difference + np.trace(first + second - 2 * root)
    assert frechet_distance(one, other) == pytest.approx(expected)


@given(SEEDS, st.integers(3, 50))
def test_the_frechet_distance_of_moved_motions_is_their_squared_distance(
    seed: int, number: int
) -> None:
    one = vectors(seed, number)
    shift = np.arange(6.0)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(one, one + shift) == pytest.approx(shift @ shift)


def test_two_halves_of_the_same_motions_are_near() -> None:
    found = halves_distance(vectors(0, 4000), default_rng(0))
    assert 0 < found < 0.05


def test_diversity_is_the_mean_distance_of_two_draws() -> None:
    motions = vectors(3)
    random = default_rng(5)
    one, other = random.choice(40, 12, replace=False), random.choice(40, 12, replace=False)
    expected = [np.linalg.norm(motions[a] - motions[b]) for a, b in zip(one, other, strict=True)]
    assert diversity(motions, default_rng(5), 12) == pytest.approx(np.mean(expected))
    assert diversity(3 * motions, default_rng(5), 12) == pytest.approx(3 * np.mean(expected))


def test_multimodality_is_the_mean_over_texts_and_zero_for_equal_motions() -> None:
    same = np.ones((5, 3))
    apart = vectors(1, 5, 3)
    only = diversity(apart, default_rng(2), 10)
    assert multimodality([same, same], default_rng(2)) == 0
    assert multimodality([apart], default_rng(2)) == pytest.approx(only)
