"""Options of an evaluation. The command line takes its defaults from here."""

from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError


@dataclass(frozen=True)
class EvaluationOptions:
    """What to evaluate, and how. Raises `InputError` for a layer without a language model."""

    captions: Path | None = None
    """File of captions, one object with `key` and `caption` per line. Not with `checkpoint`."""
    checkpoint: Path | None = None
    """Checkpoint of a captioner that captions the split. Not with `captions`."""
    split: str = "test"
    """The split whose references captions are compared with."""
    labels: Path | None = None
    """The synthesizer's labels. None omits the table by kind of motion."""
    nearest_by: str | None = None
    """The field whose mean finds the nearest training clip. None selects `features` or `points`."""
    bert_model: Path | None = None
    """Folder of a language model for BERTScore. None omits BERTScore."""
    bert_layer: int | None = None
    """Layer of the language model to compare. None selects the last layer."""
    device: str = "auto"
    """Device of the captioner and the language model: `cpu`, `cuda`, or `auto`."""

    def __post_init__(self) -> None:
        if self.bert_layer is not None and self.bert_model is None:
            raise InputError("--bert-layer: expected with --bert-model, whose layer it is")
