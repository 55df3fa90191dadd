"""The sentence that is most like all others: a caption for all clips, or the consensus of a model.

The most probable sentence of a model that hesitates may have a small share of the probability. Of
sentences that are drawn from the model, the one that is most like all of them has the best expected
similarity to a caption: minimum Bayes risk (Kumar and Byrne, "Minimum Bayes-risk decoding for
statistical machine translation", 2004), with drawn sentences as by Eikema and Aziz, "Is MAP
decoding all you need?" (2020). Devlin et al., "Exploring nearest neighbor approaches for image
captioning" (2015), choose among the captions of neighbors so.
"""

import math
from collections.abc import Mapping, Sequence

from pipelines.training.common.ngrams import LONGEST, Ngram, count_ngrams, length_penalty
from pipelines.training.common.normalize_caption import normalize_caption


def central_sentence(texts: Sequence[str]) -> str:
    """Return the text that is most similar to all texts; of the same words, the first one.

    The similarity of two texts is that of CIDEr-D of their normalized words with equal weights for
    all n-grams: the cosine of their counts times the penalty for a difference in length. Ties go to
    the first normalized text in alphabetical order.
    """
    sentences = [normalize_caption(text) for text in texts]
    totals: dict[Ngram, dict[int, float]] = {}
    for sentence in sentences:
        length = _length(sentence)
        for gram, value in _unit_counts(sentence).items():
            by_length = totals.setdefault(gram, {})
            by_length[length] = by_length.get(length, 0.0) + value
    distinct = sorted(set(sentences))
    best = max(distinct, key=lambda sentence: _likeness(sentence, totals))
    return texts[sentences.index(best)]


def _likeness(sentence: str, totals: Mapping[Ngram, Mapping[int, float]]) -> float:
    """Return the summed similarity of a sentence to all sentences.

    `totals` holds the sums of their unit counts, by n-gram and length of the sentence.
    """
    length = _length(sentence)
    return math.fsum(
        value * total * length_penalty(length - other)
        for gram, value in _unit_counts(sentence).items()
        for other, total in totals[gram].items()
    )


def _length(sentence: str) -> int:
    return len(sentence.split())


def _unit_counts(sentence: str) -> Mapping[Ngram, float]:
    """Return the counts of n-grams; the counts of each n-gram length are divided by their norm."""
    counts = count_ngrams(sentence)
    squares = [0] * LONGEST
    for gram, count in counts.items():
        squares[len(gram) - 1] += count * count
    return {gram: count / math.sqrt(squares[len(gram) - 1]) for gram, count in counts.items()}
