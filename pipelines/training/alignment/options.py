"""What an alignment is told; the command line takes its defaults from here.

The sizes are those that learn in minutes on two cores. Free of PyTorch: help appears at once.
"""

from dataclasses import dataclass, field

from motiondata.errors import InputError
from pipelines.training.common.options import TINY, expect_at_least, expect_positive
from pipelines.training.encoders.options import BUILT_IN, EncoderOptions

ALIGN_BATCH = 64
"""Clips of a step, unless said otherwise: each is held against all captions of the others."""


@dataclass(frozen=True)
class Augmentation:
    """How clips are varied in training: standard deviations. Raises `InputError` below zero."""

    turn_deg: float = 10.0
    """Of turns about the vertical through the dataset's mean point."""
    scale: float = 0.05
    """Of factors about 1."""
    shift_metres: float = 0.1
    """Along the ground; in height less."""
    noise_metres: float = 0.02
    """Of every point."""

    def __post_init__(self) -> None:
        if min(self.turn_deg, self.scale, self.shift_metres, self.noise_metres) < 0:
            raise InputError(f"augmentation: expected nothing below zero, found {self}")


NO_AUGMENTATION = Augmentation(0, 0, 0, 0)


@dataclass(frozen=True)
class AlignmentOptions:
    """What is aligned, and how. Raises `InputError` for values out of range."""

    encoder: str = BUILT_IN
    """`module:factory` of an encoder of the user's own, which is run; empty: ours."""
    text_model: str = TINY
    """A folder with a T5, `hub:` and a name to ask the hub, or `tiny`: made on the spot."""
    train_text: bool = False
    """Train the text model too; the tiny one always is."""
    frame_stride: int = 4
    """Train on every n-th frame; every frame is encoded later, among every n-th."""
    max_frames: int = 200
    """Of longer clips, a random window of so many frames is taken each time."""
    shared_width: int = 256
    """Of the vectors that are compared."""
    steps: int = 600
    rate: float = 1e-3
    """The learning rate after the warm-up."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How clips are varied."""
    sizes: EncoderOptions = field(default_factory=EncoderOptions)
    """Of our encoder."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "frame_stride", "max_frames", "shared_width", "steps")
        expect_positive(self, "rate")

    @property
    def trains_text(self) -> bool:
        """Tell whether the text model is trained."""
        return self.train_text or self.text_model == TINY
