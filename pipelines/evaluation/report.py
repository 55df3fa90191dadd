"""The report of an evaluation: all its results, and their form as JSON.

The report names everything that the figures depend on. It contains no path and no time, so that
the same captions of the same dataset give the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from motiondata import __version__
from pipelines.evaluation.acts.labels import ActTotals
from pipelines.evaluation.metrics.scores import LanguageModel, Scores
from pipelines.training.common.normalize_caption import NORMALIZER

MODEL, CONSTANT, NEAREST = "model", "constant caption", "nearest training clip"
"""The rows of the tables."""

SCORERS = {
    "bleu_1": "BLEU@1 to BLEU@4 of the corpus, closest reference length, no smoothing",
    "rouge_l": "ROUGE-L with beta 1.2",
    "cider_d": "CIDEr-D with n 4, sigma 6, times 10, without stemming (pycocoevalcap's Cider)",
    "bert_score": "BERTScore, F1 without idf and rescaling",
}
"""Definitions of the scores. Papers, and the Markdown report, give them times 100."""


@dataclass(frozen=True)
class CaptionOrigin:
    """The source of captions."""

    kind: Literal["checkpoint", "file"]
    name: str
    """File name without its folder."""
    blake3: str


@dataclass(frozen=True)
class Loss:
    """The captioner's loss, in nats per token."""

    matched: float
    """Loss with each clip's own features."""
    shuffled: float
    """Loss with the features of another clip."""


@dataclass(frozen=True)
class Example:
    """The captions and references of one clip."""

    key: str
    captions: Mapping[str, str]
    """Captions by row of the tables."""
    references: Sequence[str]


@dataclass(frozen=True)
class Report:
    """The results of an evaluation."""

    findings: Sequence[str]
    dataset: str
    """Content hash of the dataset."""
    split: str
    captions_by: CaptionOrigin
    clips: int
    references: int
    silent: int
    """Number of clips without a reference, which are not scored."""
    training_clips: int
    constant_caption: str
    nearest_by: str
    """The field used to find the nearest training clip."""
    bert_model: LanguageModel | None
    scores: Mapping[str, Scores]
    """Scores by row of the tables."""
    loss: Loss | None
    """None if captions are from a file, or if there is only one clip."""
    telling: Mapping[str, ActTotals] | None
    """Counts of labeled acts that captions describe, by row of the tables; None without labels."""
    examples: Sequence[Example]


def report_to_json(report: Report) -> bytes:
    """Return the report as JSON, with the definitions of its scores and the software version."""
    document = {
        "software": f"motiondata {__version__}",
        "normaliser": NORMALIZER,
        "scorers": SCORERS,
        **asdict(report),
    }
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")
