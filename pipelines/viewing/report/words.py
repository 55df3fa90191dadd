"""What captions say: how many there are, how long they are, frequent words, and duplicates."""

import re
from collections import Counter
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
    words = [WORD.findall(text.casefold()) for text in texts]
    frequent = Counter(word for each in words for word in each if word not in COMMON)
    lengths = Histogram.of(np.array([len(each) for each in words]), WORDS.width)
    return {
        "captions": len(texts),
        "different": len(counts),
        "without": sum(not captions for captions in table.captions),
        "vocabulary": len({word for each in words for word in each}),
        "lengths": histogram_to_json(WORDS, lengths),
        "words": _most_common(frequent, MOST_WORDS),
        "duplicates": [pair for pair in _most_common(counts, MOST_DUPLICATES) if pair[1] > 1],
    }


def _most_common(counts: Counter[str], number: int) -> list[tuple[str, int]]:
    """Return the most frequent texts with their counts; equal counts in alphabetical order."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:number]
