"""Options of captioning and of training a captioner. Free of PyTorch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from pipelines.training.common.options import TINY, Stage, expect_at_least, expect_positive

PROJECTOR, FULL = "projector", "full"
"""The stages in which a captioner is taught."""


@dataclass(frozen=True)
class Recipe:
    """What is done where nothing else is asked for."""

    stages: tuple[Stage, ...]
    projector_rate: float
    rate: float


TINY_RECIPE = Recipe((Stage(FULL, 2500),), 1e-3, 1e-3)
"""All of it is random at first."""
PRETRAINED_RECIPE = Recipe((Stage(PROJECTOR, 500), Stage(FULL, 2000)), 3e-4, 1e-4)
"""A projector's rate of 1e-3 is where the collapse was seen; 1e-4 is what T5 is fine-tuned with."""


@dataclass(frozen=True)
class CaptionerTrainingOptions:
    """What is taught to whom. Raises `InputError` for values out of range."""

    field: str | None = None
    """The field that is captioned; None: `features` where the dataset has them, else `points`."""
    text_model: str = TINY
    """A T5's folder, `hub:NAME`, or `tiny`: a small random one with the captions' words."""
    encoder_checkpoint: Path | None = None
    """A checkpoint of `motiondata align` to begin with; None: an untrained one. Of points only."""
    stages: str | None = None
    """`projector`, `full`, or both with a comma between; None: the text model's recipe's."""
    steps: str | None = None
    """How many of each stage, with commas between; None: the recipe's."""
    projector_rate: float | None = None
    """The learning rate of the projector and an untrained encoder; None: the recipe's."""
    rate: float | None = None
    """The learning rate of the rest, in the stage `full`; None: the recipe's."""
    stride: int | None = None
    """Every so many-th frame is read, in training from a random one on; None: as many as the
    encoder does, 4 of features."""
    patience: int = 300
    """Steps before a captioner that says one sentence, or ignores the features, is alarming."""

    def __post_init__(self) -> None:
        expect_at_least(self, 0, "patience")
        expect_positive(self, "stride", "projector_rate", "rate")
        self.to_recipe()

    def to_recipe(self) -> Recipe:
        """Return what is asked for, and the text model's recipe for the rest."""
        usual = TINY_RECIPE if self.text_model == TINY else PRETRAINED_RECIPE
        return Recipe(
            parse_stages(self.stages, self.steps, usual.stages),
            self.projector_rate or usual.projector_rate,
            self.rate or usual.rate,
        )


def parse_stages(names: str | None, steps: str | None, usual: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return the stages that `projector,full` and `200,1000` name, the usual ones for None."""
    named = [stage.name for stage in usual] if names is None else names.split(",")
    counts = {stage.name: str(stage.steps) for stage in (*PRETRAINED_RECIPE.stages, *usual)}
    numbers = [counts.get(name, "") for name in named] if steps is None else steps.split(",")
    known = set(named) <= {PROJECTOR, FULL} and len(set(named)) == len(named)
    if not known or len(numbers) != len(named) or not all(map(str.isdecimal, numbers)):
        raise InputError(
            f"stages: expected {PROJECTOR}, {FULL}, or {PROJECTOR},{FULL}, and a number of steps "
            f"for each, found {','.join(named)} and {','.join(numbers)}"
        )
    return tuple(map(Stage, named, map(int, numbers)))


@dataclass(frozen=True)
class Decoding:
    """How captions are found; the same way always finds the same."""

    beams: int = 1
    """Sentences that are followed at a time; 1 is greedy."""
    max_tokens: int = 64
    """Where a sentence is cut that does not end."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "beams", "max_tokens")


DECODING = Decoding()


@dataclass(frozen=True)
class GenerationOptions:
    """How clips are captioned. Raises `InputError` for values out of range."""

    decoding: Decoding = DECODING
    batch: int = 32
    """Clips that are captioned together."""
    limit: int | None = None
    """The first so many clips only; None: all."""
    device: str = "auto"
    """`cpu`, `cuda`, or `auto`: a GPU where there is one."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "batch")
