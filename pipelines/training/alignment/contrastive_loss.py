"""The contrastive loss of motions and sentences, and which sentences are wrong ones for a motion.

Symmetric InfoNCE as CLIP's (Radford et al., 2021), where a motion may have several right sentences,
and a sentence nearly the same as one of them is neither right nor wrong.
"""

import re
from collections.abc import Sequence
from itertools import chain, pairwise
from math import log

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipelines.training.common.normalize_caption import split_words

FIRST_TEMPERATURE = 0.07
LEAST_TEMPERATURE = 0.01
"""Both as CLIP's."""
NEAR_DUPLICATE = 0.8
"""Sentences that are more similar than this are not held against each other."""
OPPOSITE_WORDS = (
    ("left", "right"),
    ("clockwise", "counterclockwise anticlockwise"),
    ("forward forwards", "backward backwards"),
    ("up", "down"),
)
"""Words that make two sentences different, however many others they share: an encoder that need not
tell left from right does not learn to."""
SUBJECT_WORDS = re.compile(
    r"an?|the|(wo)?man|person|some(one|body)|figure|human|guy|lady|individual|s?he|they|h(is|er)|their"
)
"""Words that say who moves and not how; they count for no similarity. The subjects are those that
HumanML3D's captions begin with."""


class Temperature(nn.Module):
    """The factor of similarities, 1 / temperature, learned as its logarithm and bounded."""

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(log(1 / FIRST_TEMPERATURE)))

    def forward(self) -> Tensor:
        """Return the factor."""
        return self.log_scale.clamp(max=log(1 / LEAST_TEMPERATURE)).exp()


def contrastive_loss(logits: Tensor, right: Tensor, wrong: Tensor) -> Tensor:
    """Return the mean of both ways' losses; each may be zero, however many sentences are right.

    `logits` are scaled similarities shaped (motions, texts); `right` and `wrong` tell of which
    pairs, of which each row and column has a right one.
    """
    return (_one_way(logits, right, wrong) + _one_way(logits.T, right.T, wrong.T)) / 2


def wrong_pairs(right: Tensor, texts: Sequence[str]) -> Tensor:
    """Tell of motions and texts, as `right` does, which are unlike all that is right."""
    near = torch.from_numpy(near_duplicates(texts)).to(right.device)
    return (right.float() @ near.float()) == 0


def near_duplicates(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which texts are nearly the same, shaped (texts, texts).

    Similar are those that share words and pairs of neighbouring words (Dice's coefficient of both
    together, so that the order counts), whoever moves, unless one says the other's opposite.
    """
    words = [
        [word for word in words_of(text) if not SUBJECT_WORDS.fullmatch(word)] for text in texts
    ]
    signs = np.array([_signs(set(each)) for each in words])
    opposite = (signs[:, None] * signs[None] < 0).any(-1)
    same: NDArray[np.bool_] = (_similarity(words) > NEAR_DUPLICATE) & ~opposite
    return same


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without punctuation."""
    return tuple(split_words(text.lower()))


def _one_way(logits: Tensor, right: Tensor, wrong: Tensor) -> Tensor:
    """Return the mean loss of the rows: of each right entry against all wrong ones of its row."""
    # Not minus infinity: a row without wrong entries would have gradients that are NaN.
    against = logits.masked_fill(~wrong, torch.finfo(logits.dtype).min / 2).logsumexp(1)
    losses = functional.softplus(against[:, None] - logits) * right
    return (losses.sum(1) / right.sum(1)).mean()


def _similarity(words: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Return Dice's coefficient of all sentences, shaped (sentences, sentences); 1 of no words."""
    captions = [{*each, *pairwise(each)} for each in words]
    numbers = {gram: number for number, gram in enumerate(dict.fromkeys(chain(*captions)))}
    has = np.zeros((len(captions), len(numbers)))
    for row, grams in enumerate(captions):
        has[row, [numbers[gram] for gram in grams]] = 1
    sizes = has.sum(1)[:, None] + has.sum(1)
    similarity: NDArray[np.float64] = np.where(sizes, 2 * (has @ has.T) / np.maximum(sizes, 1), 1)
    return similarity


def _signs(words: set[str]) -> list[int]:
    """Return which of each two opposites is said: 1, -1, or 0 for none or both."""
    return [
        bool(words.intersection(one.split())) - bool(words.intersection(other.split()))
        for one, other in OPPOSITE_WORDS
    ]
