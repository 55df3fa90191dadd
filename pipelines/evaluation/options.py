"""Options of an evaluation. The command line takes its defaults from here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from motiondata.devices import AUTO
from motiondata.errors import InputError

Wording = Literal["raw", "lemmatized"]
RAW: Wording = "raw"
LEMMATIZED: Wording = "lemmatized"


@dataclass(frozen=True)
class EvaluationOptions:
    """What to evaluate, and how. Raises `InputError` for a layer without a language model."""

    captions: Path | None = None
    """File of captions, as written by caption: one JSON object with key and caption per line. Not
    with `checkpoint`."""
    checkpoint: Path | None = None
    """Checkpoint written by train-captioner or train-language, which captions the split. Not with
    `captions`."""
    split: str = "test"
    """Split to evaluate."""
    wording: Wording = RAW
    """Wording of the references: raw, as written, or lemmatized, the words of their tokens."""
    labels: Path | None = None
    """Labels of a synthetic corpus (labels.jsonl), to score the acts that captions describe. None
    omits these tables."""
    nearest_by: str | None = None
    """Field whose mean finds the nearest training clip; by default, features, else points, else
    tokens."""
    bert_model: Path | None = None
    """Folder of a language model, to compute BERTScore. None omits BERTScore."""
    bert_layer: int | None = None
    """Layer of the language model to compare; by default, the last one."""
    device: str = AUTO
    """Device of the captioner and the language model: `cpu`, `cuda`, or `auto`."""

    def __post_init__(self) -> None:
        if self.bert_layer is not None and self.bert_model is None:
            raise InputError("--bert-layer: expected with --bert-model, whose layer it is")
