"""N-grams of normalized sentences: counts of runs of one to four words.

Four is the maximum of BLEU@4 (Papineni et al., 2002) and CIDEr (Vedantam et al., 2015).
"""

from collections import Counter

LONGEST = 4

Ngram = tuple[str, ...]


def count_ngrams(sentence: str) -> Counter[Ngram]:
    """Count each run of one to `LONGEST` words in a normalized sentence."""
    words = sentence.split()
    return Counter(
        tuple(words[start : start + length])
        for length in range(1, LONGEST + 1)
        for start in range(len(words) - length + 1)
    )
