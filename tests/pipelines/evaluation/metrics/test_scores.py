"""Scores compared with pycocoevalcap's on random sentences, and their laws."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.evaluation.metrics.bleu import bleu
from pipelines.evaluation.metrics.cider import cider_d
from pipelines.evaluation.metrics.rouge import rouge_l
from pipelines.evaluation.metrics.scores import score_captions
from pipelines.training.common.normalize_caption import normalize_caption

Clips = list[tuple[str, list[str]]]
"""A candidate and its references, clip by clip."""

WORDS = st.sampled_from(["a", "man", "walks", "turns", "left", "slowly", "and", "then", "to"])
CANDIDATES = st.lists(WORDS, max_size=14).map(" ".join)
REFERENCES = st.lists(
    st.lists(WORDS, min_size=1, max_size=14).map(" ".join), min_size=1, max_size=4
)
CLIPS = st.lists(st.tuples(CANDIDATES, REFERENCES), min_size=1, max_size=8)

TOLERANCE = 1e-9


def split(clips: Clips) -> tuple[list[str], list[list[str]]]:
    return [candidate for candidate, _ in clips], [references for _, references in clips]


def reference_score(name: str, clips: Clips, **quietly: int) -> Any:
    """Return the score of pycocoevalcap's scorer of a name."""
    package = pytest.importorskip(f"pycocoevalcap.{name.lower()}.{name.lower()}")
    candidates, references = split(clips)
    score, _ = getattr(package, name)().compute_score(
        dict(enumerate(references)), {n: [said] for n, said in enumerate(candidates)}, **quietly
    )
    return score


@given(CLIPS)
@settings(deadline=None)
def test_bleu_is_that_of_pycocoevalcap(clips: Clips) -> None:
    expected = reference_score("Bleu", clips, verbose=0)
    assert bleu(*split(clips)) == pytest.approx(expected, abs=TOLERANCE)


@given(CLIPS)
@settings(deadline=None)
def test_rouge_is_that_of_pycocoevalcap(clips: Clips) -> None:
    assert rouge_l(*split(clips)) == pytest.approx(reference_score("Rouge", clips), abs=TOLERANCE)


@given(CLIPS)
@settings(deadline=None)
def test_cider_is_that_of_pycocoevalcap(clips: Clips) -> None:
    assert cider_d(*split(clips)) == pytest.approx(reference_score("Cider", clips), abs=TOLERANCE)


@given(CLIPS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_neither_the_order_of_clips_nor_of_references_matters(clips: Clips, random: Any) -> None:
    shuffled = [(said, random.sample(refs, len(refs))) for said, refs in clips]
    random.shuffle(shuffled)
    for score in (bleu, rouge_l, cider_d):
        assert score(*split(shuffled)) == pytest.approx(score(*split(clips)), abs=TOLERANCE)


@given(CLIPS)
@settings(deadline=None)
def test_a_reference_itself_scores_best(clips: Clips) -> None:
    _, references = split(clips)
    written = [refs[0] for refs in references]
    long = all(len(said.split()) > 3 for said in written)
    assert bleu(written, references)[: 4 if long else 1] == pytest.approx(
        [1.0] * (4 if long else 1)
    )
    assert rouge_l(written, references) == pytest.approx(1.0)


def test_scores_worked_out_by_hand() -> None:
    candidates, references = ["a man walks left"], [["a man walks right now", "he runs"]]
    one, two, three, four = bleu(candidates, references)
    penalty = 0.7788007830714049  # exp(1 - 5 / 4): the closest reference has five words
    expected = [(3 / 4), (3 / 4 * 2 / 3) ** (1 / 2), (3 / 4 * 2 / 3 * 1 / 2) ** (1 / 3)]
    assert (one, two, three) == pytest.approx([penalty * value for value in expected])
    assert four < 1e-3
    precision, recall = 3 / 4, 3 / 5
    assert rouge_l(candidates, references) == pytest.approx(
        2.44 * precision * recall / (recall + 1.44 * precision)
    )


def test_cider_prizes_what_is_said_of_few_clips() -> None:
    references = [["a man waves hello"], ["a man kicks once"], ["a man jumps high"]]
    common = cider_d(["a man", "a man", "a man"], references)
    rare = cider_d(["waves hello", "kicks once", "jumps high"], references)
    assert common == 0.0
    assert rare > 1.0


TIDIED = {
    "A person walks, then turns left.": "a person walks then turns left",
    "the man's  left/right hand": "the mans left right hand",
    "counter-clockwise_circle": "counter clockwise circle",
    "Caf\N{LATIN SMALL LETTER E WITH ACUTE}!": "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "it\N{RIGHT SINGLE QUOTATION MARK}s 3 steps\n": "its 3 steps",
    "the man\N{MODIFIER LETTER APOSTROPHE}s arm": "the mans arm",
    " ... ": "",
}
SCRIPTS = [
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0ba8\u0b9f\u0b95\u0bcd\u0b95\u0bbf\u0bb1\u0bbe\u0bb0\u0bcd",
    "\u0e40\u0e14\u0e34\u0e19 \u0e02\u0e49\u0e32\u0e07",
    "\u05e2\u05b4\u05d1\u05b0\u05e8\u05b4\u05d9\u05ea",
    "\u064a\u064e\u0645\u0652\u0634\u0650\u064a",
    "\uac77\ub2e4",
]
"""Words of Hindi, Tamil, Thai, Hebrew, Arabic and Korean: letters and the marks on them."""


@pytest.mark.parametrize("sentence", TIDIED)
def test_the_normalizer_leaves_words_in_lower_case(sentence: str) -> None:
    assert normalize_caption(sentence) == TIDIED[sentence]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("words", SCRIPTS)
def test_letters_keep_their_marks(words: str, form: Any) -> None:
    assert normalize_caption(f"{unicodedata.normalize(form, words)}!") == unicodedata.normalize(
        "NFC", words
    )


@given(st.text())
def test_both_spellings_of_an_accent_are_one_word(sentence: str) -> None:
    apart = unicodedata.normalize("NFD", sentence)
    assert normalize_caption(apart) == normalize_caption(unicodedata.normalize("NFC", sentence))


def test_what_cannot_be_seen_does_not_split_a_word() -> None:
    assert normalize_caption("walk\N{SOFT HYPHEN}ing \N{ZERO WIDTH JOINER}left") == "walking left"


def test_a_mark_on_no_letter_is_no_word() -> None:
    assert (
        normalize_caption("walks \N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16} left")
        == "walks left"
    )


@given(st.text())
def test_what_is_normalized_stays_as_it_is(sentence: str) -> None:
    once = normalize_caption(sentence)
    assert normalize_caption(once) == once
    assert once.split(" ") == once.split() or not once


def test_candidates_and_references_are_normalized_alike() -> None:
    loud = score_captions(["A MAN, walks left!", "he RUNS."], [["A man walks left."], ["He runs"]])
    quiet = score_captions(["a man walks left", "he runs"], [["a man walks left"], ["he runs"]])
    assert loud == quiet
    assert loud.rouge_l == 1.0


def test_distinct_captions_are_counted_as_they_are_scored() -> None:
    references = [["a man walks"]] * 4
    scores = score_captions(["He runs.", "he runs", "he walks", "HE  RUNS"], references)
    assert scores.distinct == 0.5


@pytest.mark.parametrize("references", [[["a man walks", "he walks"]], [["a man walks"]] * 3])
def test_cider_is_not_defined_where_no_word_tells_clips_apart(references: list[list[str]]) -> None:
    perfect = [refs[0] for refs in references]
    assert cider_d(perfect, references) == 0.0
    assert score_captions(perfect, references).cider_d is None


def test_cider_is_defined_where_one_clip_has_another_word() -> None:
    references = [["a man walks"], ["a man walks"], ["a man runs"]]
    perfect = score_captions([refs[0] for refs in references], references).cider_d
    assert perfect is not None
    assert perfect > 0
