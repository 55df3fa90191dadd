"""Options of a pose editor and of a matcher of pairs; they hold the defaults of the command line.

The default sizes learn in minutes on one core. This module does not import PyTorch, so that help
appears at once.
"""

from dataclasses import dataclass, field
from pathlib import Path

from motiondata.errors import InputError
from pipelines.training.common.options import TINY, expect_at_least, expect_positive

EDITOR_BATCH = 32
"""Default number of pairs per step of an editor."""
MATCHER_BATCH = 64
"""Default number of pairs per step of a matcher: each is compared with the texts of the others."""


def expect_dropout(dropout: float) -> None:
    """Raise `InputError` unless a dropout is at least 0 and below 1."""
    if not 0 <= dropout < 1:
        raise InputError(f"dropout: expected 0 to below 1, found {dropout}")


@dataclass(frozen=True)
class EditorSizes:
    """Sizes of a pose editor. Raises `InputError` for values out of range."""

    width: int = 256
    """Width of the layers."""
    latent: int = 32
    """Numbers of the latent vector, as in PoseFix."""
    dropout: float = 0.1
    """Dropout of the layers while training."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "width", "latent")
        expect_dropout(self.dropout)


@dataclass(frozen=True)
class EditorOptions:
    """How a pose editor learns. Raises `InputError` for values out of range."""

    text_encoder: str = TINY
    """Text encoder: folder of CLIP, BERT, MPNet, MiniLM, T5 and others in Hugging Face's format,
    hub:NAME, or tiny, a small random T5 with the words of the texts. Only tiny is trained."""
    kl_weight: float = 1.0
    """Weight of the divergence of the posterior from the prior; 1 makes the loss a bound of the
    likelihood."""
    edit_weight: float = 1.0
    """Weight of the likelihood about the edit by the prior's mean; 0 learns the bound alone."""
    steps: int = 1500
    """Number of training steps."""
    rate: float = 1e-3
    """Learning rate after the warm-up."""
    sizes: EditorSizes = field(default_factory=EditorSizes)
    """Sizes of the editor."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "steps")
        expect_at_least(self, 0, "kl_weight", "edit_weight")
        expect_positive(self, "rate")


@dataclass(frozen=True)
class PairMatcherSizes:
    """Sizes of a matcher of pairs. Raises `InputError` for values out of range."""

    width: int = 256
    """Width of the layers that read a pair."""
    shared_width: int = 128
    """Width of the shared embedding space."""
    dropout: float = 0.2
    """Dropout of the layers while training."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "width", "shared_width")
        expect_dropout(self.dropout)


@dataclass(frozen=True)
class PairMatcherOptions:
    """How a matcher of pairs learns. Raises `InputError` for values out of range."""

    text_model: str = TINY
    """Text model, whose encoder is trained too: folder of a T5, hub:NAME, or tiny, a small random
    T5 with the words of the texts."""
    steps: int = 1000
    """Number of training steps."""
    rate: float = 1e-3
    """Learning rate after the warm-up."""
    sizes: PairMatcherSizes = field(default_factory=PairMatcherSizes)
    """Sizes of the matcher."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "steps")
        expect_positive(self, "rate")


@dataclass(frozen=True)
class EditOptions:
    """Which pose is edited, and how often. Raises `InputError` for values out of range."""

    checkpoint: Path
    """Checkpoint written by train-pose-editor."""
    text: str
    """Text that says how to correct the pose."""
    frame: int = 0
    """Frame of the recording whose pose is edited, from 0; a negative number counts from the
    end."""
    draws: int = 0
    """Number of edits to draw at random; 0 writes the one that the prior expects."""
    seed: int = 0
    """Seed of the draws."""

    def __post_init__(self) -> None:
        expect_at_least(self, 0, "draws", "seed")
        if not self.text.strip():
            raise InputError("text: expected words that correct a pose, found none")
