"""BLEU@1 to BLEU@4 of a corpus, with the closest reference length and no smoothing.

Papineni et al., "BLEU: a method for automatic evaluation of machine translation" (2002). Equal to
pycocoevalcap's `Bleu`, whose two tiny constants prevent a division by 0 in a corpus without
matches.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from operator import mul, or_

from pipelines.training.common.ngrams import LONGEST, count_ngrams

_SMALL, _TINY = 1e-9, 1e-15
"""Added to denominators and to numerators."""


def bleu(
    candidates: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[float, float, float, float]:
    """Return BLEU@1 to BLEU@4, from 0 to 1, of normalized candidates and their references."""
    matched, guessed, length, closest = [0] * LONGEST, [0] * LONGEST, 0, 0
    for candidate, refs in zip(candidates, references, strict=True):
        words = len(candidate.split())
        length += words
        closest += min((abs(len(ref.split()) - words), len(ref.split())) for ref in refs)[1]
        counts, most = count_ngrams(candidate), reduce(or_, map(count_ngrams, refs))
        for size in range(LONGEST):
            guessed[size] += max(0, words - size)
            matched[size] += _matches(counts, most, size + 1)
    precisions = [(m + _TINY) / (g + _SMALL) for m, g in zip(matched, guessed, strict=True)]
    penalty = _brevity_penalty((length + _TINY) / (closest + _SMALL))
    products = accumulate(precisions, mul)
    one, two, three, four = (p ** (1 / n) * penalty for n, p in enumerate(products, start=1))
    return one, two, three, four


def _matches(counts: Counter[tuple[str, ...]], most: Counter[tuple[str, ...]], size: int) -> int:
    """Return the number of n-grams of a size that match, clipped to their counts in a reference."""
    return sum(count for gram, count in (counts & most).items() if len(gram) == size)


def _brevity_penalty(ratio: float) -> float:
    return math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
