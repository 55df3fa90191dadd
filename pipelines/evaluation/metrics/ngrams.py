"""N-grams of normalised sentences: runs of one to four words, counted.

Four is what BLEU@4 (Papineni et al., 2002) and CIDEr (Vedantam et al., 2015) go up to.
"""

from collections import Counter

LONGEST = 4

Ngram = tuple[str, ...]


def count_ngrams(sentence: str) -> Counter[Ngram]:
    """Return how often each run of one to `LONGEST` words comes in a normalised sentence."""
    words = sentence.split()
    return Counter(
        tuple(words[start : start + length])
        for length in range(1, LONGEST + 1)
        for start in range(len(words) - length + 1)
    )
