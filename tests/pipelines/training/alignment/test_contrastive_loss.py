"""The contrastive loss compared with slow loops, and the selection of negatives."""

from itertools import pairwise
from math import exp, log

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from pipelines.training.alignment.contrastive_loss import (
    Temperature,
    contrastive_loss,
    near_duplicates,
    near_in_meaning,
    wrong_pairs,
)

SIZES = st.tuples(st.integers(1, 5), st.integers(0, 4), st.integers(0, 10**6))
"""Motions, texts beyond one for each, and a seed."""


def make_case(sizes: tuple[int, int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Return random logits, owners' pairs as right, and some of the others as wrong."""
    motions, more, seed = sizes
    generator = torch.Generator().manual_seed(seed)
    owners = torch.cat(
        [torch.arange(motions), torch.randint(motions, (more,), generator=generator)]
    )
    right = owners[None] == torch.arange(motions)[:, None]
    wrong = ~right & (torch.rand(right.shape, generator=generator) < 0.8)
    logits = 3 * torch.randn(right.shape, generator=generator, dtype=torch.float64)
    return logits, right, wrong


def slow_way(logits: list[list[float]], right: list[list[bool]], wrong: list[list[bool]]) -> float:
    """Return the loss of the rows, pair by pair: the reference."""
    rows = []
    for row, scores in enumerate(logits):
        against = sum(exp(score) for at, score in enumerate(scores) if wrong[row][at])
        losses = [
            -log(exp(score) / (exp(score) + against))
            for at, score in enumerate(scores)
            if right[row][at]
        ]
        rows.append(sum(losses) / len(losses))
    return sum(rows) / len(rows)


@settings(max_examples=50, deadline=None)
@given(sizes=SIZES)
def test_the_loss_is_that_of_slow_loops(sizes: tuple[int, int, int]) -> None:
    logits, right, wrong = make_case(sizes)
    there = slow_way(logits.tolist(), right.tolist(), wrong.tolist())
    back = slow_way(logits.T.tolist(), right.T.tolist(), wrong.T.tolist())
    assert float(contrastive_loss(logits, right, wrong)) == pytest.approx((there + back) / 2)


def test_with_one_sentence_a_motion_it_is_clips_cross_entropy() -> None:
    logits, right = torch.randn(6, 6, dtype=torch.float64), torch.eye(6, dtype=torch.bool)
    numbers = torch.arange(6)
    expected = functional.cross_entropy(logits, numbers) + functional.cross_entropy(
        logits.T, numbers
    )
    assert float(contrastive_loss(logits, right, ~right)) == pytest.approx(float(expected) / 2)


@settings(max_examples=30, deadline=None)
@given(sizes=SIZES)
def test_pairs_that_are_neither_right_nor_wrong_have_no_gradient(
    sizes: tuple[int, int, int],
) -> None:
    logits, right, wrong = make_case(sizes)
    logits.requires_grad_()
    contrastive_loss(logits, right, wrong).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    assert not logits.grad[~right & ~wrong].any()


def test_several_right_sentences_can_all_be_certain() -> None:
    right = torch.tensor([[True, True, False], [False, False, True]])
    assert float(contrastive_loss(right * 100.0, right, ~right)) < 1e-6


def test_the_temperature_begins_at_clips_and_is_bounded() -> None:
    temperature = Temperature()
    assert temperature().item() == pytest.approx(1 / 0.07)
    temperature.log_scale.data.fill_(50)
    assert temperature().item() == pytest.approx(100)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a man walks forward slowly.", "A man walks forward, slowly"),
        (
            "a person sits down on a chair and gets up again",
            "the person sits down on a chair and gets up again",
        ),
        ("a man claps", "someone claps"),
        ("a person", "a person"),
    ],
)
def test_nearly_the_same_sentences_are_duplicates(one: str, other: str) -> None:
    assert near_duplicates([one, other]).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a person walks forward", "a person claps"),
        ("a person walks forward then turns left", "a person turns left then walks forward"),
        (
            "a person sits down on a chair and gets up again and then waves with the left hand",
            "a person sits down on a chair and gets up again and then waves with the right hand",
        ),
        (
            "a person very slowly and carefully takes five steps forward across the room",
            "a person very slowly and carefully takes five steps backward across the room",
        ),
    ],
)
def test_other_motions_are_no_duplicates_however_alike_they_sound(one: str, other: str) -> None:
    assert near_duplicates([one, other]).tolist() == [[True, False], [False, True]]


WORDS = st.lists(st.sampled_from(["b", "c", "d", "left", "right", "up"]), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(first=WORDS, second=WORDS)
def test_similarity_is_dices_coefficient_of_words_and_pairs(
    first: list[str], second: list[str]
) -> None:
    one, other = ({*words, *pairwise(words)} for words in (first, second))
    alike = 2 * len(one & other) / (len(one) + len(other)) > 0.8
    left = [("left" in words, "right" in words) for words in (first, second)]
    opposite = sorted(left) == [(False, True), (True, False)]
    found = near_duplicates([" ".join(first), " ".join(second)])
    assert found[0, 1] == found[1, 0] == (alike and not opposite)
    assert found.diagonal().all()


def test_duplicates_of_right_sentences_are_not_wrong() -> None:
    texts = ["a man walks forward", "someone goes ahead", "a man walks forward!", "a woman jumps"]
    right = torch.tensor(
        [[True, True, False, False], [False, False, True, False], [False, False, False, True]]
    )
    assert wrong_pairs(right, near_duplicates(texts)).tolist() == [
        [False, False, False, True],
        [False, True, False, True],
        [True, True, True, False],
    ]


def test_near_vectors_are_the_same_unless_words_are_opposite() -> None:
    texts = ["walks to the left", "goes to the left", "goes to the right", "sits"]
    vectors = torch.tensor([[1.0, 0, 0], [2.0, 0.1, 0], [1.0, 0, 0.1], [0, 1, 0]])
    near = near_in_meaning(texts, vectors, 0.9)
    assert near.tolist() == [
        [True, True, False, False],
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]


def test_a_text_is_near_to_itself_even_without_a_vector() -> None:
    assert (
        near_in_meaning(["a", "b"], torch.zeros(2, 3), 0.5).tolist() == torch.eye(2).bool().tolist()
    )
