"""N-grams of normalized sentences, counts of runs of one to four words, and CIDEr-D's penalty.

Four is the maximum of BLEU@4 (Papineni et al., 2002) and CIDEr (Vedantam et al., 2015).
"""

import math
from collections import Counter
from functools import cache

LONGEST = 4
SIGMA = 6.0
"""Standard deviation, in words, of the penalty of CIDEr-D for a difference in length."""

Ngram = tuple[str, ...]


def count_ngrams(sentence: str) -> Counter[Ngram]:
    """Count each run of one to `LONGEST` words in a normalized sentence."""
    words = sentence.split()
    return Counter(
        tuple(words[start : start + length])
        for length in range(1, LONGEST + 1)
        for start in range(len(words) - length + 1)
    )


@cache
def length_penalty(difference: int) -> float:
    """Return the factor, from 0 to 1, for a difference in the lengths of two sentences."""
    return math.exp(-(difference**2) / (2 * SIGMA**2))
