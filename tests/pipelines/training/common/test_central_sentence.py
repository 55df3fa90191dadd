"""The central sentence, compared with an obvious version: all pairs of sentences, one by one."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.errors import InputError
from pipelines.training.common.central_sentence import central_sentence
from pipelines.training.common.decoding import AT_ONCE, MOST_DRAWN, Decoding

WORDS = st.sampled_from(["a", "man", "walks", "left", "twice"])
SENTENCES = st.lists(WORDS, max_size=8).map(" ".join)


def cosine(first: str, second: str, length: int) -> float:
    """Return the cosine of the counts of n-grams of a length."""
    one, other = (
        Counter(tuple(words[k : k + length]) for k in range(len(words) - length + 1))
        for words in (first.split(), second.split())
    )
    norms = math.hypot(*one.values()) * math.hypot(*other.values())
    return sum(one[gram] * other[gram] for gram in one) / norms if norms else 0.0


@given(st.lists(SENTENCES, min_size=1, max_size=8))
@settings(deadline=None)
def test_the_central_sentence_is_the_most_like_all(sentences: list[str]) -> None:
    def likeness(sentence: str) -> float:
        return sum(
            cosine(sentence, each, n)
            * math.exp(-((len(sentence.split()) - len(each.split())) ** 2) / 72)
            for each in sentences
            for n in (1, 2, 3, 4)
        )

    found = central_sentence(sentences)
    assert found in sentences
    assert likeness(found) == pytest.approx(max(map(likeness, sentences)))


def test_words_decide_and_the_first_text_of_them_is_returned() -> None:
    assert central_sentence(["He runs.", "A man walks!", "a man, walks"]) == "A man walks!"
    assert central_sentence(["he walks", "He runs."]) == "He runs."


def test_many_that_are_alike_outvote_the_most_frequent_one() -> None:
    ways = [f"a man walks {way}" for way in ("left", "right", "back", "off", "on")]
    texts = ["someone waves"] * 3 + ways
    assert central_sentence(texts) in ways


@pytest.mark.parametrize(("clips", "consensus"), [(1, 4096), (32, 128), (32, 300), (5000, 3)])
def test_texts_are_drawn_in_portions_and_those_of_a_clip_are_together(
    clips: int, consensus: int
) -> None:
    counts = [0] * clips
    sizes = []

    def generate(options: Mapping[str, Any]) -> list[str]:
        each = options["num_return_sequences"]
        sizes.append(clips * each)
        texts = [f"{clip} {counts[clip] + k}" for clip in range(clips) for k in range(each)]
        counts[:] = [count + each for count in counts]
        return texts

    written = Decoding(consensus=consensus).write(clips, generate)
    assert written == [f"{clip} {k}" for clip in range(clips) for k in range(consensus)]
    assert max(sizes) <= max(AT_ONCE, clips)


def test_more_drawn_texts_than_are_kept_are_refused() -> None:
    assert Decoding(consensus=MOST_DRAWN).draws
    with pytest.raises(InputError, match="consensus: expected at most 4,096 captions of each clip"):
        Decoding(consensus=10**9)


def test_one_text_of_each_clip_is_kept() -> None:
    texts = ["he runs", "a man walks", "a man walks", "she waves", "a man jumps", "she waves"]
    assert Decoding(consensus=3).kept(texts) == ["a man walks", "she waves"]
    assert Decoding().kept(texts) == texts
