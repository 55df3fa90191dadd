"""What captions say: how many there are, how long they are, frequent words, and duplicates."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.report.measures import Quantity, histogram_to_json
from shards.stats.histograms import Histogram

WORDS = Quantity("Words per caption", "words", 1)
MOST_WORDS, MOST_DUPLICATES = 40, 10
"""The number of frequent words and of repeated captions in the page."""
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_COMMON = (
    "a an and are as at be by for from he her his in into is it its of on or she that the their "
    "them then they this to up while with"
)
COMMON = frozenset(_COMMON.split())
"""English words that say nothing about a motion; they are not listed as frequent."""


def captions_to_json(table: ClipTable) -> dict[str, Any] | None:
    """Describe the captions of all clips; None if no clip has one."""
    texts = [text for captions in table.captions for text in captions]
    if not texts:
        return None
    counts = Counter(texts)
    words = [WORD.findall(text.casefold()) for text in counts]
    times = [*counts.values()]
    lengths = np.repeat([len(each) for each in words], times)
    frequent = _count_words(words, times)
    return {
        "captions": len(texts),
        "different": len(counts),
        "without": sum(not captions for captions in table.captions),
        "vocabulary": len(frequent),
        "lengths": histogram_to_json(WORDS, Histogram.of(lengths, WORDS.width)),
        "words": _most_common(_without_common(frequent), MOST_WORDS),
        "duplicates": [pair for pair in _most_common(counts, MOST_DUPLICATES) if pair[1] > 1],
    }


def _count_words(words: Sequence[Sequence[str]], times: Sequence[int]) -> Counter[str]:
    """Count the words of texts, each of which occurs several times."""
    counts: Counter[str] = Counter()
    for each, number in zip(words, times, strict=True):
        for word in each:
            counts[word] += number
    return counts


def _without_common(counts: Counter[str]) -> Counter[str]:
    return Counter({word: count for word, count in counts.items() if word not in COMMON})


def _most_common(counts: Counter[str], number: int) -> list[tuple[str, int]]:
    """Return the most frequent texts with their counts; equal counts in alphabetical order."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:number]
