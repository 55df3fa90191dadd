"""Options of training a language model of motion.

This module does not import PyTorch, so that help appears at once.
"""

from dataclasses import dataclass
from pathlib import Path

from pipelines.training.common.options import (
    TINY,
    Stage,
    expect_at_least,
    expect_positive,
    expect_share,
)

PRETRAIN, INSTRUCT = "pretrain", "instruct"
"""Training stages of a language model."""
TINY_RATE, PRETRAINED_RATE = 1e-3, 2e-4
"""Learning rates of a T5 with random weights and of a trained one; the second is MotionGPT's."""


@dataclass(frozen=True)
class LanguageOptions:
    """What a language model is trained on and how. Raises `InputError` for values out of range."""

    text_model: str = TINY
    """The T5, as in `AlignmentOptions`."""
    tokenizer: Path | None = None
    """Checkpoint of the tokenizer that made the tokens; it is stored with the model, which needs it
    to write motion."""
    pretraining_steps: int = 1000
    """Number of steps that restore masked text and motion, and pair them; 0 omits this stage."""
    steps: int = 4000
    """Number of steps that follow instructions."""
    rate: float | None = None
    """Learning rate after the warm-up; by default, 1e-3 for the tiny T5 and 2e-4 for others."""
    focus: tuple[str, ...] = ()
    """Task of which many of the instructions are, such as motion_to_caption; may be repeated, for
    several tasks with equal shares. By default, tasks are drawn by their weights."""
    focus_share: float = 0.5
    """Share of the instructions that are of the tasks in focus."""
    join: float = 0.0
    """Probability that another clip of the batch follows a clip, and a third one the second, with
    one caption."""
    labels: Path | None = None
    """labels.jsonl of a synthesized corpus: only acts are joined that some training clip has
    together. Without it, any clips are joined, and a split by pairs of acts means nothing."""
    random_codes: float = 0.0
    """Share of the codes before the one to write that are random in training, so that a model that
    writes motion reads the caption, as in T2M-GPT."""
    drop_captions: float = 0.0
    """Share of the captions to write a motion of that are left out, which `guidance` of motion that
    is written needs."""
    dropout: float | None = None
    """Dropout of the T5; by default, that of its configuration."""
    longest: int = 128
    """Maximum number of tokens of a motion in training; longer ones are left out."""
    patience: int = 300
    """Steps before a model that repeats one caption, or ignores the motion, raises an alarm."""

    def __post_init__(self) -> None:
        expect_at_least(self, 0, "pretraining_steps", "patience")
        expect_at_least(self, 1, "steps", "longest")
        expect_share(self, "focus_share", "join", "random_codes", "drop_captions", "dropout")
        expect_positive(self, "rate")

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The training stages."""
        first = [Stage(PRETRAIN, self.pretraining_steps)] if self.pretraining_steps else []
        return (*first, Stage(INSTRUCT, self.steps))

    @property
    def full_rate(self) -> float:
        """The learning rate after the warm-up."""
        return self.rate or (TINY_RATE if self.text_model == TINY else PRETRAINED_RATE)
