"""Options of an evaluation. The command line takes its defaults from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from motiondata.devices import AUTO
from motiondata.errors import InputError
from pipelines.engine.named_paths import named_paths
from shards.format.places import Place

Wording = Literal["raw", "lemmatized"]
RAW: Wording = "raw"
LEMMATIZED: Wording = "lemmatized"

MODEL, CONSTANT, NEAREST = "model", "constant caption", "nearest training clip"
"""The rows of the tables that are always there."""
PROBE = "linear probe"
"""The row that is there with labels of attributes, such as content and style."""
RULES = "joints by rule"
"""The row that is there if there are joints."""
REFERENCE = "a reference"
"""The row of the first reference of each pose pair, in the tables of pose pairs only."""
ROWS = (MODEL, CONSTANT, NEAREST, PROBE, RULES, REFERENCE)


@dataclass(frozen=True)
class EvaluationOptions:
    """What to evaluate, and how. Raises `InputError` for a layer without a language model."""

    captions: Path | None = None
    """File of captions, as written by caption: one JSON object with key and caption per line. Not
    with `checkpoint`."""
    drawn: tuple[Path, ...] = ()
    """File of drawn captions, as written by caption --drawn; of each clip, the one most like all of
    all files is scored: a consensus of captioners. Can be repeated. Not with `captions` or
    `checkpoint`."""
    checkpoint: Path | None = None
    """Checkpoint written by train-captioner or train-language, which captions the split. Not with
    `captions`."""
    tokens: Place | None = None
    """Dataset of tokens of the same clips, for a captioner that was trained with --tokens."""
    compare: tuple[str, ...] = ()
    """Captions of another model to show in the same tables, as NAME=FILE; FILE is that of caption
    --out. Can be repeated."""
    beams: str = "1"
    """Beam widths of the checkpoint's captions, such as 1,3,5; of several, the one with the highest
    CIDEr-D on the split val is chosen."""
    length_penalties: str = "1"
    """Length penalties of its beams, such as 0.8,1,1.2; chosen with the beam width."""
    consensus: str = "1"
    """Numbers of captions that the checkpoint draws of each clip, such as 1,16,32, of which the one
    most like all of them is kept; 1 draws none. Chosen with the beam width."""
    seed: int = 0
    """Seed of the captions that are drawn."""
    split: str = "test"
    """Split to evaluate."""
    wording: Wording = RAW
    """Wording of the references: raw, as written, or lemmatized, the words of their tokens."""
    labels: Path | None = None
    """Labels of a synthetic corpus or of an import (labels.jsonl), to score the acts or the
    attributes that captions name. None omits these tables."""
    joints: Place | None = None
    """Dataset with joints of the same clips, to put them into words by rule; by default, the
    evaluated dataset if it has joints."""
    nearest_by: str | None = None
    """Field whose mean finds the nearest training clip; by default, features, else points, else
    tokens; for pose pairs, pose."""
    matcher: Path | None = None
    """Checkpoint of train-pair-matcher, to score how well texts of pose pairs match their pairs.
    None omits R-precision."""
    bert_model: Path | None = None
    """Folder of a language model, to compute BERTScore. None omits BERTScore."""
    bert_layer: int | None = None
    """Layer of the language model to compare; by default, the last one."""
    device: str = AUTO
    """Device of the captioner and the language model: `cpu`, `cuda`, or `auto`."""

    def __post_init__(self) -> None:
        if self.bert_layer is not None and self.bert_model is None:
            raise InputError("--bert-layer: expected with --bert-model, whose layer it is")
        if self.tokens is not None and self.checkpoint is None:
            raise InputError("--tokens: expected with --checkpoint, whose input they are")
        decodings = self.beams, self.length_penalties, self.consensus
        if self.checkpoint is None and decodings != ("1", "1", "1"):
            raise InputError("--beams, --length-penalties, --consensus: expected with --checkpoint")
        self.compared()

    def compared(self) -> Mapping[str, Path]:
        """Return the files of `compare` by name; raise `InputError` for a wrong or taken name."""
        return named_paths(self.compare, "--compare", "FILE", ROWS)
