"""What an evaluation is told; the command line takes its defaults from here."""

from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError


@dataclass(frozen=True)
class EvaluationOptions:
    """What is evaluated, and by what. Raises `InputError` for a layer of no model."""

    captions: Path | None = None
    """A file of captions, an object with `key` and `caption` a line; or else a checkpoint."""
    checkpoint: Path | None = None
    """A captioner's checkpoint, which captions the split now."""
    split: str = "test"
    """The split whose references captions are compared with."""
    labels: Path | None = None
    """The synthesiser's labels; None: no table by kind of motion."""
    nearest_by: str | None = None
    """The field by whose mean the nearest training clip is found; None: the first there is."""
    bert_model: Path | None = None
    """The folder of a language model for BERTScore; None: no BERTScore."""
    bert_layer: int | None = None
    """The layer of it that is compared; None: the last."""
    device: str = "auto"
    """Of the captioner and the language model: `cpu`, `cuda`, or `auto`."""

    def __post_init__(self) -> None:
        if self.bert_layer is not None and self.bert_model is None:
            raise InputError("--bert-layer: expected with --bert-model, whose layer it is")
