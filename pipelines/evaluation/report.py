"""The report of an evaluation: all that it has found, and the same as JSON.

It names all that the figures depend on, and neither a path nor a time: the same captions of the
same dataset give the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from motiondata import __version__
from pipelines.evaluation.acts.labels import ActTotals
from pipelines.evaluation.metrics.scores import LanguageModel, Scores
from pipelines.training.common.normalize_caption import NORMALISER

MODEL, CONSTANT, NEAREST = "model", "constant caption", "nearest training clip"
"""The rows of the tables."""

SCORERS = {
    "bleu_1": "BLEU@1 to BLEU@4 of the corpus, closest reference length, no smoothing",
    "rouge_l": "ROUGE-L with beta 1.2",
    "cider_d": "CIDEr-D with n 4, sigma 6, times 10, without stemming (pycocoevalcap's Cider)",
    "bert_score": "BERTScore, F1 without idf and rescaling",
}
"""What the scores are; papers give them times 100, as the Markdown does."""


@dataclass(frozen=True)
class CaptionOrigin:
    """Where captions are from."""

    kind: Literal["checkpoint", "file"]
    name: str
    """The file's, without its folder."""
    blake3: str


@dataclass(frozen=True)
class Loss:
    """The captioner's loss, in nats a token."""

    matched: float
    """With each clip's own features."""
    shuffled: float
    """With those of another clip."""


@dataclass(frozen=True)
class Example:
    """What is said of one clip."""

    key: str
    captions: Mapping[str, str]
    """By row of the tables."""
    references: Sequence[str]


@dataclass(frozen=True)
class Report:
    """All that an evaluation has found."""

    findings: Sequence[str]
    dataset: str
    """The hash of the dataset."""
    split: str
    captions_by: CaptionOrigin
    clips: int
    references: int
    silent: int
    """Clips without a reference, which are not scored."""
    training_clips: int
    constant_caption: str
    nearest_by: str
    """The field by which the nearest training clip is found."""
    bert_model: LanguageModel | None
    scores: Mapping[str, Scores]
    """By row of the tables."""
    loss: Loss | None
    """None where captions are from a file, or of one clip."""
    telling: Mapping[str, ActTotals] | None
    """What captions tell of the labelled acts, by row of the tables; None without labels."""
    examples: Sequence[Example]


def report_to_json(report: Report) -> bytes:
    """Return the report as JSON, with what its scores are and which software made it."""
    document = {
        "software": f"motiondata {__version__}",
        "normaliser": NORMALISER,
        "scorers": SCORERS,
        **asdict(report),
    }
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")
