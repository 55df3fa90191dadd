"""The scores of captions against all references: one row of the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from motiondata.watching import Advance, unnoticed
from pipelines.evaluation.metrics.bleu import bleu
from pipelines.evaluation.metrics.cider import cider_d, is_defined
from pipelines.evaluation.metrics.rouge import rouge_l
from pipelines.training.common.normalize_caption import normalize_caption


@dataclass(frozen=True)
class LanguageModel:
    """A language model that scores captions."""

    name: str
    """Name of its folder."""
    layer: int


class SentenceScorer(Protocol):
    """Scores captions with a language model."""

    def score(
        self,
        candidates: Sequence[str],
        references: Sequence[Sequence[str]],
        advance: Advance = unnoticed,
    ) -> float:
        """Return the mean score of normalized candidates against their references."""


@dataclass(frozen=True)
class Scores:
    """Scores as computed by pycocoevalcap. Papers give them times 100."""

    bleu_1: float
    bleu_2: float | None
    bleu_3: float | None
    bleu_4: float | None
    """BLEU@n is None if no reference has n words, so that no n-gram can match."""
    rouge_l: float
    cider_d: float | None
    """None if all clips have the same n-grams in their references, as with a single clip."""
    distinct: float
    """Share of distinct captions after normalization."""
    bert_score: float | None
    """None without a language model."""


def score_captions(
    captions: Sequence[str],
    references: Sequence[Sequence[str]],
    bert: SentenceScorer | None = None,
    advance: Advance = unnoticed,
) -> Scores:
    """Return the scores of captions, one per clip, against each clip's references.

    `advance` is called with the number of captions that are scored. A language model takes most of
    the time.
    """
    normalized = [normalize_caption(caption) for caption in captions]
    expected = [[normalize_caption(reference) for reference in refs] for refs in references]
    longest = max(len(reference.split()) for refs in expected for reference in refs)
    one, *more = bleu(normalized, expected)
    two, three, four = (
        score if size <= longest else None for size, score in enumerate(more, start=2)
    )
    scores = Scores(
        one,
        two,
        three,
        four,
        rouge_l=rouge_l(normalized, expected),
        cider_d=cider_d(normalized, expected) if is_defined(expected) else None,
        distinct=len(set(normalized)) / len(normalized),
        bert_score=None if bert is None else bert.score(normalized, expected, advance),
    )
    if bert is None:
        advance(len(normalized))
    return scores
