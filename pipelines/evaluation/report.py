"""The report of an evaluation: all its results, and their form as JSON.

The report names everything that its values depend on. It contains no path and no time, so that
the same captions of the same dataset give the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from motiondata import __version__
from pipelines.engine.reports import Report
from pipelines.evaluation.acts.labels import ActTotals
from pipelines.evaluation.attribute_rows import AttributeReport
from pipelines.evaluation.corrections import CorrectionTotals
from pipelines.evaluation.decoding_choice import DecodingChoice
from pipelines.evaluation.metrics.scores import LanguageModel, Scores
from pipelines.evaluation.options import Wording
from pipelines.evaluation.pair_matching import PairMatch
from pipelines.training.common.normalize_caption import NORMALIZER

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

    kind: Literal["checkpoint", "file", "drawn"]
    name: str
    """File name without its folder; of drawn captions, those of all files, with commas."""
    blake3: str
    """Hash of the file, or of all files, with commas."""


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
class Evaluation:
    """The results of an evaluation."""

    findings: Sequence[str]
    dataset: str
    """Content hash of the dataset."""
    split: str
    wording: Wording
    """Wording of the references and of the baselines."""
    captions_by: CaptionOrigin
    decoding: DecodingChoice | None
    """How the checkpoint's captions were decoded; None for those from a file."""
    compared: Mapping[str, CaptionOrigin]
    """Sources of the captions of other models, by row of the tables."""
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
    attributes: AttributeReport | None
    """Counts of the attributes that captions name, by row of the tables; None without labels of
    them."""
    corrections: Mapping[str, CorrectionTotals] | None
    """Counts of statements of texts of pose pairs, by row of the tables and of a reference; None
    for other datasets."""
    matcher: str | None
    """Id of the matcher of pairs; None without one."""
    matches: Mapping[str, PairMatch] | None
    """R-precision of texts of pose pairs, by the same rows; None without a matcher."""
    examples: Sequence[Example]


@dataclass(frozen=True)
class EvaluationReport(Report):
    """The results of an evaluation, and where they were written."""

    folder: Path
    """Folder of `report.json` and `report.md`."""
    evaluation: Evaluation
    markdown: str
    """The text of `report.md`."""

    def lines(self) -> list[str]:
        """Return the lines of `report.md`."""
        return self.markdown.split("\n")

    def to_json(self) -> dict[str, Any]:
        """Return the document of `report.json`, the folder and the exit code."""
        document = evaluation_to_json(self.evaluation)
        return {**document, "folder": str(self.folder), "exit_code": self.exit_code}


def evaluation_to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the results as JSON, with the definitions of the scores and the software version."""
    return {
        "software": f"motiondata {__version__}",
        "normaliser": NORMALIZER,
        "scorers": SCORERS,
        **asdict(evaluation),
    }
