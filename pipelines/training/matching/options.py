"""Options of a matcher; they hold the defaults of the command line.

This module does not import PyTorch, so that help appears at once.
"""

from dataclasses import dataclass, field

from motiondata.errors import InputError
from pipelines.training.common.options import TINY, expect_at_least, expect_positive

MATCHER_BATCH = 64
"""Default number of clips per step: each clip is compared with all captions of the others."""


@dataclass(frozen=True)
class MatcherSizes:
    """Sizes of a matcher. Raises `InputError` for values out of range."""

    width: int = 256
    """Width of the convolutions, and of each direction of the recurrent layer. The published
    matcher has 512 and 1024."""
    shared_width: int = 256
    """Width of the shared embedding space. The published matcher has 512."""
    dropout: float = 0.2
    """Dropout of the motion encoder while training."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "width", "shared_width")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout: expected 0 to below 1, found {self.dropout}")


@dataclass(frozen=True)
class MatcherOptions:
    """What is matched and how. Raises `InputError` for values out of range."""

    text_model: str = TINY
    """Text model, whose encoder is trained too: folder of a T5, hub:NAME, or tiny, a small random
    T5 with the words of the captions."""
    max_frames: int = 200
    """Maximum number of frames per step; of a longer clip, a random window is read."""
    steps: int = 1000
    """Number of training steps."""
    rate: float = 5e-4
    """Learning rate after the warm-up."""
    sizes: MatcherSizes = field(default_factory=MatcherSizes)
    """Sizes of the matcher."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "max_frames", "steps")
        expect_positive(self, "rate")
