"""Options of an alignment; they hold the defaults of the command line.

The default sizes learn in minutes on two cores. This module does not import PyTorch, so that help
appears at once.
"""

from dataclasses import dataclass, field

from motiondata.errors import InputError
from pipelines.training.common.options import TINY, expect_at_least, expect_positive, expect_share
from pipelines.training.encoders.options import BUILT_IN, EncoderOptions

ALIGN_BATCH = 64
"""Default number of clips per step: each clip is compared with all captions of the others."""


@dataclass(frozen=True)
class Augmentation:
    """Standard deviations of the augmentation of training clips. Raises `InputError` below zero."""

    turn_deg: float = 10.0
    """Rotation about the vertical axis through the dataset's mean point, in degrees."""
    scale: float = 0.05
    """Scale factor about 1."""
    shift_meters: float = 0.1
    """Horizontal shift in meters; the vertical shift is smaller."""
    noise_meters: float = 0.02
    """Noise of every point in meters."""

    def __post_init__(self) -> None:
        if min(self.turn_deg, self.scale, self.shift_meters, self.noise_meters) < 0:
            raise InputError(f"augmentation: expected values of at least 0, found {self}")

    def to_json(self) -> dict[str, float]:
        """Return the options by the names that checkpoints store."""
        return {
            "turn_deg": self.turn_deg,
            "scale": self.scale,
            "shift_metres": self.shift_meters,
            "noise_metres": self.noise_meters,
        }


NO_AUGMENTATION = Augmentation(0, 0, 0, 0)


@dataclass(frozen=True)
class AlignmentOptions:
    """What is aligned and how. Raises `InputError` for values out of range."""

    encoder: str = BUILT_IN
    """Encoder: st-gcn, which reads joints, or module:factory, whose code is run; by default, the
    built-in encoder of points."""
    text_encoder: str = TINY
    """Text encoder: folder of CLIP, BERT, MPNet, MiniLM, T5 and others in Hugging Face's format,
    hub:NAME, or tiny, a small random T5 with the words of the captions."""
    train_text: bool = False
    """Train the text encoder too; tiny is always trained. Otherwise the vectors of all captions are
    computed once."""
    near_cosine: float | None = None
    """Least cosine of the text encoder's vectors of two captions that are not negatives of each
    other; by default, their words decide."""
    stride: int = 4
    """Stride of the frames that training reads. Encoding covers every frame, in subsequences of
    this stride."""
    max_frames: int = 200
    """Maximum number of frames per step; of a longer clip, a random window is read."""
    shared_width: int = 256
    """Width of the shared embedding space."""
    steps: int = 600
    """Number of training steps."""
    rate: float = 1e-3
    """Learning rate after the warm-up."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """Augmentation of the clips."""
    sizes: EncoderOptions = field(default_factory=EncoderOptions)
    """Sizes of the built-in encoder."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "stride", "max_frames", "shared_width", "steps")
        expect_positive(self, "rate")
        expect_share(self, "near_cosine")
        if self.near_cosine is not None and self.text_encoder == TINY:
            raise InputError(
                "near_cosine: expected a text encoder that knows what words mean, found tiny; "
                "choose --text-encoder FOLDER"
            )

        if self.sizes.centered and self.encoder != BUILT_IN:
            raise InputError(
                "centered: expected the built-in encoder of points, which knows where the sensor "
                f"is, found {self.encoder}; omit --centered"
            )

    @property
    def trains_text(self) -> bool:
        """Return whether the text encoder is trained."""
        return self.train_text or self.text_encoder == TINY
