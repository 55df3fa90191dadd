"""Options of captioning and of training a captioner. This module does not import PyTorch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motiondata.devices import AUTO
from motiondata.errors import InputError
from pipelines.training.common.decoding import DECODING, Decoding
from pipelines.training.common.options import (
    TINY,
    Stage,
    expect_at_least,
    expect_positive,
    expect_share,
)
from shards.format.places import Place

PROJECTOR, DECODER, FULL = "projector", "decoder", "full"
"""Training stages of a captioner."""


@dataclass(frozen=True)
class Recipe:
    """Default stages and learning rates."""

    stages: tuple[Stage, ...]
    projector_rate: float
    rate: float


TINY_RECIPE = Recipe((Stage(FULL, 2500),), 1e-3, 1e-3)
"""All weights are random at first."""
PRETRAINED_RECIPE = Recipe((Stage(PROJECTOR, 500), Stage(FULL, 2000)), 3e-4, 1e-4)
"""The collapse occurred at a projector rate of 1e-3; 1e-4 is the usual rate of fine-tuning a T5."""


@dataclass(frozen=True)
class CaptionerTrainingOptions:
    """What a captioner is trained on and how. Raises `InputError` for values out of range."""

    field: str | None = None
    """Field to caption; by default, features if the dataset has them, else points, else tokens; of
    pose pairs, pose."""
    tokens: Place | None = None
    """Dataset of tokens of the same clips, which are read after the field; by default, none."""
    text_model: str = TINY
    """Text model: folder of a T5, hub:NAME, or tiny, a small random T5 with the words of the
    captions."""
    encoder_checkpoint: Path | None = None
    """Encoder checkpoint written by align, to start from when captioning points. By default, the
    encoder is untrained."""
    stages: str | None = None
    """Training stages, such as projector,decoder,full: decoder trains the decoder of the text model
    with the projector, full trains everything; by default, those of the text model's recipe."""
    steps: str | None = None
    """Number of steps of each stage, such as 500,2000; by default, those of the text model's
    recipe, which has none of decoder."""
    projector_rate: float | None = None
    """Learning rate of the projector and of an untrained encoder; by default, that of the text
    model's recipe."""
    rate: float | None = None
    """Learning rate of the other parameters in the stages decoder and full; by default, that of the
    text model's recipe."""
    stride: int | None = None
    """Frame stride; by default, that of the encoder, or 4 for features. In training, the first
    frame is random."""
    downsample: int = 1
    """Frames, of those that are read, per vector that the text model reads: a learned weighted
    mean."""
    captions: int = 1
    """Captions of each clip per step, of those of the same frames; a clip is read once for all."""
    join: float = 0.0
    """Probability that another clip of the batch follows a clip, and a third one the second, with
    one caption."""
    labels: Path | None = None
    """labels.jsonl of a synthesized corpus: only acts are joined that some training clip has
    together. Without it, any clips are joined, and a split by pairs of acts means nothing."""
    longest: int = 128
    """Maximum number of frames, of those that are read, of joined clips."""
    length_prompt: bool = False
    """Say in the prompt of each clip how long it is: describe the motion of 4.2 seconds."""
    lora_rank: int | None = None
    """Rank of LoRA matrices that are trained in place of the weights of a loaded T5, such as 16; by
    default, the whole T5 is trained."""
    label_smoothing: float = 0.0
    """Share of the probability that all tokens have in common in the loss of training, such as
    0.1."""
    patience: int = 300
    """Steps before a captioner that repeats one sentence, or ignores the features, raises an
    alarm."""

    def __post_init__(self) -> None:
        expect_at_least(self, 0, "patience")
        expect_at_least(self, 1, "downsample", "captions", "longest")
        expect_share(self, "join")
        expect_positive(self, "stride", "projector_rate", "rate")
        expect_share(self, "label_smoothing")
        expect_positive(self, "lora_rank")
        if self.lora_rank is not None and self.text_model == TINY:
            raise InputError(
                "lora_rank: expected a loaded T5, whose weights stay, found tiny, which has random "
                "weights; choose --text-model FOLDER"
            )
        self._expect_join()
        self.to_recipe()

    def _expect_join(self) -> None:
        """Raise `InputError` for options of joined clips without any."""
        for name in () if self.join else ("labels", "longest"):
            if (found := getattr(self, name)) != getattr(CaptionerTrainingOptions, name):
                raise InputError(
                    f"--{name}: expected with --join, whose clips it is about, found {found} "
                    "without it; choose a --join above 0, or omit it"
                )

    def to_recipe(self) -> Recipe:
        """Return the options given, and the defaults of the text model's recipe for the others."""
        usual = TINY_RECIPE if self.text_model == TINY else PRETRAINED_RECIPE
        return Recipe(
            parse_stages(self.stages, self.steps, usual.stages),
            self.projector_rate or usual.projector_rate,
            self.rate or usual.rate,
        )


def parse_stages(names: str | None, steps: str | None, usual: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return the stages of `projector,full` and `200,1000`; None selects the defaults.

    The stage `decoder` has no default number of steps.
    """
    named = [stage.name for stage in usual] if names is None else names.split(",")
    counts = {stage.name: str(stage.steps) for stage in (*PRETRAINED_RECIPE.stages, *usual)}
    numbers = [counts.get(name, "") for name in named] if steps is None else steps.split(",")
    known = set(named) <= {PROJECTOR, DECODER, FULL} and len(set(named)) == len(named)
    if not known or len(numbers) != len(named) or not all(map(str.isdecimal, numbers)):
        raise InputError(
            f"stages: expected some of {PROJECTOR}, {DECODER} and {FULL}, each once, such as "
            f"{PROJECTOR},{DECODER},{FULL}, and a number of steps for each, found "
            f"{','.join(named)} and {','.join(numbers)}"
        )
    return tuple(map(Stage, named, map(int, numbers)))


@dataclass(frozen=True)
class GenerationOptions:
    """How clips are captioned. Raises `InputError` for values out of range."""

    decoding: Decoding = DECODING
    batch: int = 32
    """Clips per batch."""
    tokens: Place | None = None
    """Dataset of tokens of the same clips, for a captioner that was trained with --tokens."""
    limit: int | None = None
    """Maximum number of clips to caption, from the first on; by default, all."""
    device: str = AUTO
    """`cpu`, `cuda`, or `auto`: a GPU if there is one."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "batch")
