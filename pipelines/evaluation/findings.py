"""The findings of an evaluation as sentences: collapse, ignored features, baselines as good.

A collapsed captioner gave one sentence for 200 clips, and its loss did not change with other
clips' features. Once fixed, it gave 70 sentences after a few hundred steps. The thresholds are far
from both.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from pipelines.evaluation.metrics.scores import Scores
from pipelines.evaluation.options import CONSTANT, MODEL, NEAREST, PROBE, RULES
from pipelines.evaluation.report import Loss
from pipelines.training.common.normalize_caption import normalize_caption

MAX_COMMONEST_SHARE = 0.5
"""A model has collapsed if it gives one sentence for a larger share of the clips."""
MIN_DISTINCT_SHARE = 0.05
"""A model has also collapsed if it has a smaller share of distinct captions."""
MIN_LOSS_RISE = 0.01
"""A model ignores its features if another clip's features raise its loss by a smaller share."""

COMPARED = {"bleu_4": "BLEU@4", "cider_d": "CIDEr-D"}
"""The scores in which a model must be better than the baselines."""

REASONS = (
    "Usual reasons are too few steps, features that share a mean (standardize them by the training "
    "split's statistics), and a learning rate that is too high."
)
"""Usual reasons for a collapse and for ignored features."""


NO_BLEU = "BLEU@4 is left out: no reference has four words."
NO_CIDER = (
    "CIDEr-D is left out: it weighs words by how few clips have them, and the references of all "
    "{clips} clips here have the same words. Score more clips to compare by it."
)
NO_CIDER_OF_ONE = (
    "CIDEr-D is left out: it weighs words by how few clips have them, and there is one clip only. "
    "Score more clips to compare by it."
)


def findings(captions: Sequence[str], scores: Mapping[str, Scores], loss: Loss | None) -> list[str]:
    """Return one sentence per fault of a model, or one sentence that it has none.

    `scores` holds the scores by row of the table. An undefined score is not compared; a sentence at
    the end says so.
    """
    baselines = (CONSTANT, NEAREST, PROBE, RULES)
    model, others = scores[MODEL], [name for name in baselines if name in scores]
    faults = [*_collapse(captions, model), *_ignored(loss)]
    faults += [REASONS] if faults else []
    faults += [line for name in others for line in _no_better(model, name, scores[name])]
    by = [label for score, label in COMPARED.items() if _has(model, score)]
    better = f"The model is better than the {' and than the '.join(others)} by {' and '.join(by)}"
    no_fault = f"{better}, and has not collapsed." if by else "The model has not collapsed."
    return [*(faults or [no_fault]), *_left_out(model, len(captions))]


def _has(scores: Scores, name: str) -> bool:
    return getattr(scores, name) is not None


def _left_out(model: Scores, clips: int) -> list[str]:
    no_cider = NO_CIDER_OF_ONE if clips == 1 else NO_CIDER.format(clips=clips)
    reasons = {"bleu_4": NO_BLEU, "cider_d": no_cider}
    return [reason for score, reason in reasons.items() if not _has(model, score)]


def _collapse(captions: Sequence[str], model: Scores) -> list[str]:
    (caption, times), *_ = Counter(map(normalize_caption, captions)).most_common(1)
    share = times / len(captions)
    if share > MAX_COMMONEST_SHARE and len(captions) > 1:
        symptom = f"it gives {share:.0%} of clips the caption {caption!r}"
    elif model.distinct < MIN_DISTINCT_SHARE:
        symptom = f"{model.distinct:.1%} of its captions are distinct"
    else:
        return []
    return [f"The model has collapsed: {symptom}."]


def _ignored(loss: Loss | None) -> list[str]:
    if loss is None or loss.shuffled > loss.matched * (1 + MIN_LOSS_RISE):
        return []
    return [
        f"The model ignores its features: its loss is {loss.matched:.3f}, and {loss.shuffled:.3f} "
        "with those of other clips."
    ]


def _no_better(model: Scores, name: str, baseline: Scores) -> list[str]:
    worse = [
        f"{label} ({100 * getattr(model, score):.1f} against {100 * getattr(baseline, score):.1f})"
        for score, label in COMPARED.items()
        if _has(model, score) and getattr(model, score) <= getattr(baseline, score)
    ]
    return [f"The model is no better than the {name} by {' and '.join(worse)}."] if worse else []
