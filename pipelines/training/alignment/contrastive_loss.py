"""The contrastive loss of motions and sentences, and the selection of negatives.

The loss is a symmetric InfoNCE as in CLIP (Radford et al., 2021), but a motion may have several
right sentences. A sentence that is nearly the same as a right one is neither right nor wrong.
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
"""Both are CLIP's."""
NEAR_DUPLICATE = 0.8
"""Similarity above which two sentences are not negatives of each other."""
OPPOSITE_WORDS = (
    ("left", "right"),
    ("clockwise", "counterclockwise anticlockwise"),
    ("forward forwards", "backward backwards"),
    ("up", "down"),
)
"""Words that make two sentences different, whatever other words they share: an encoder that need
not distinguish left from right does not learn to."""
SUBJECT_WORDS = re.compile(
    r"an?|the|(wo)?man|person|some(one|body)|figure|human|guy|lady|individual|s?he|they|h(is|er)|their"
)
"""Words that state who moves and not how; the similarity ignores them. The subjects are those with
which the captions of HumanML3D begin."""


class Temperature(nn.Module):
    """Learned factor of the similarities, 1 / temperature, stored as a logarithm and bounded."""

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(log(1 / FIRST_TEMPERATURE)))

    def forward(self) -> Tensor:
        """Return the factor."""
        return self.log_scale.clamp(max=log(1 / LEAST_TEMPERATURE)).exp()


def contrastive_loss(logits: Tensor, right: Tensor, wrong: Tensor) -> Tensor:
    """Return the mean loss of both directions; each can reach zero with any number of right texts.

    `logits` are scaled similarities shaped (motions, texts). `right` and `wrong` are boolean masks
    of the same shape. Each row and each column has a right pair.
    """
    return (_one_way(logits, right, wrong) + _one_way(logits.T, right.T, wrong.T)) / 2


def wrong_pairs(right: Tensor, near: Tensor) -> Tensor:
    """Return the mask, shaped as `right`, of the texts unlike all right texts of a motion.

    `near`, shaped (texts, texts), is true for texts that are nearly the same.
    """
    return (right.float() @ near.float()) == 0


def near_duplicates(texts: Sequence[str]) -> Tensor:
    """Return which texts are nearly the same in their words, shaped (texts, texts).

    Similar texts share words and pairs of adjacent words, without the words that state who moves.
    The measure is Dice's coefficient of words and pairs together, so that word order counts. Texts
    with opposite words are not similar.
    """
    words = [
        [word for word in words_of(text) if not SUBJECT_WORDS.fullmatch(word)] for text in texts
    ]
    return torch.from_numpy(_similarity(words) > NEAR_DUPLICATE) & ~_opposite(words)


def near_in_meaning(texts: Sequence[str], vectors: Tensor, least_cosine: float) -> Tensor:
    """Return which texts have vectors of at least this cosine, shaped (texts, texts).

    `vectors`, shaped (texts, width), are those of a text encoder. Texts with opposite words are not
    near: "to the left" and "to the right" have nearly the same vectors. TMR (Petrovich et al.,
    2023) leaves out such negatives too.
    """
    unit = functional.normalize(vectors.float(), dim=-1)
    opposite = _opposite([words_of(text) for text in texts]).to(unit.device)
    same = torch.eye(len(texts), dtype=torch.bool, device=unit.device)
    with torch.autocast(unit.device.type, enabled=False):  # cosines need float32
        cosines = unit @ unit.T
    return ((cosines >= least_cosine) & ~opposite) | same


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without punctuation."""
    return tuple(split_words(text.lower()))


def _one_way(logits: Tensor, right: Tensor, wrong: Tensor) -> Tensor:
    """Return the mean loss of the rows: each right entry against all wrong entries of its row."""
    # Not minus infinity: a row without wrong entries would have NaN gradients.
    against = logits.masked_fill(~wrong, torch.finfo(logits.dtype).min / 2).logsumexp(1)
    losses = functional.softplus(against[:, None] - logits) * right
    return (losses.sum(1) / right.sum(1)).mean()


def _similarity(words: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Return Dice's coefficients, shaped (sentences, sentences); 1 if both have no words."""
    captions = [{*each, *pairwise(each)} for each in words]
    numbers = {gram: number for number, gram in enumerate(dict.fromkeys(chain(*captions)))}
    has = np.zeros((len(captions), len(numbers)))
    for row, grams in enumerate(captions):
        has[row, [numbers[gram] for gram in grams]] = 1
    sizes = has.sum(1)[:, None] + has.sum(1)
    similarity: NDArray[np.float64] = np.where(sizes, 2 * (has @ has.T) / np.maximum(sizes, 1), 1)
    return similarity


def _opposite(words: Sequence[Sequence[str]]) -> Tensor:
    """Return which sentences have opposite words, shaped (sentences, sentences)."""
    signs = np.array([_signs({*each}) for each in words])
    return torch.from_numpy((signs[:, None] * signs[None] < 0).any(-1))


def _signs(words: set[str]) -> list[int]:
    """Return which word of each pair of opposites occurs: 1, -1, or 0 for none or both."""
    return [
        bool(words.intersection(one.split())) - bool(words.intersection(other.split()))
        for one, other in OPPOSITE_WORDS
    ]
