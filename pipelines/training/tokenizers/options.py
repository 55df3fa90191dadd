"""Options of a motion tokenizer; they hold the defaults of the command line.

The default sizes learn in minutes on two cores. This module does not import PyTorch, so that help
appears at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Literal

from motiondata.errors import InputError
from pipelines.training.common.options import expect_at_least, expect_positive, expect_share

Quantizers = Literal["fsq", "vq"]
FSQ: Quantizers = "fsq"
VQ: Quantizers = "vq"
QUANTIZERS: tuple[Quantizers, ...] = (VQ, FSQ)
Emphasis = Literal["positions", "velocities"]
EMPHASES: tuple[Emphasis, ...] = ("positions", "velocities")
FRAMES_PER_TOKEN = (1, 2, 4, 8)
TOKENIZER_BATCH = 64
"""Default number of windows per step."""

FSQ_LEVELS: Mapping[int, tuple[int, ...]] = {
    256: (8, 6, 5),
    512: (8, 8, 8),
    1024: (8, 5, 5, 5),
    2048: (8, 8, 6, 5),
    4096: (7, 5, 5, 5, 5),
    16384: (8, 8, 8, 6, 5),
    65536: (8, 8, 8, 5, 5, 5),
}
"""Levels of each dimension, by the nominal number of codes; their product is the real number.

Source: Mentzer et al., "Finite Scalar Quantization", 2023, table 1; 512, 2048 and 65536 as in
VankouF/MotionMillion-Codes.
"""


@dataclass(frozen=True)
class TokenizerSizes:
    """Sizes of a tokenizer. Raises `InputError` for values out of range."""

    quantizer: Quantizers = VQ
    """Quantizer: vq learns a codebook; fsq rounds a few dimensions to fixed levels."""
    codes: int = 512
    """Number of codes; of fsq, 256, 512, 1024, 2048, 4096, 16384 or 65536, which are nominal."""
    frames_per_token: int = 4
    """Number of frames per token: 1, 2, 4 or 8."""
    width: int = 192
    """Width of the convolutions. The published tokenizers have 512 and 1024."""
    depth: int = 3
    """Number of residual blocks per level, with dilations 1, 3, 9, ..."""
    code_width: int = 192
    """Width of a code of vq. The published tokenizers have 512."""
    causal: bool = False
    """Make every token and every frame depend on earlier frames only."""
    residual: int = 1
    """Number of stages of vq: each next codebook quantizes what those before it left, so that a
    token has one code of each."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "width", "depth", "code_width", "residual")
        expect_at_least(self, 2, "codes")
        self._expect_one_of("quantizer", QUANTIZERS)
        self._expect_one_of("frames_per_token", FRAMES_PER_TOKEN)
        if self.quantizer == FSQ:
            self._expect_one_of("codes", tuple(FSQ_LEVELS))
            self._expect_no_stages()

    def _expect_no_stages(self) -> None:
        if self.residual > 1:
            raise InputError(
                f"residual: expected 1 for {FSQ}, which more codes make finer, found "
                f"{self.residual}; choose --quantizer {VQ}, or more --codes"
            )

    def _expect_one_of(self, name: str, values: tuple[object, ...]) -> None:
        found = getattr(self, name)
        if found not in values:
            raise InputError(
                f"{name}: expected one of {', '.join(map(str, values))}, found {found}"
            )

    @property
    def number_of_codes(self) -> int:
        """The real number of codes, of each stage."""
        return prod(FSQ_LEVELS[self.codes]) if self.quantizer == FSQ else self.codes


@dataclass(frozen=True)
class TokenizerOptions:
    """What is tokenized and how the tokenizer learns. Raises `InputError` for values out of range.

    Sources of the losses and of their weights: T2M-GPT (Zhang et al., 2023) and OpenMotionLab/
    MotionGPT for vq; VankouF/MotionMillion-Codes for fsq.
    """

    window: int = 64
    """Frames per training window; shorter clips are not trained on."""
    emphasis: Emphasis = "positions"
    """Columns with an additional loss: the positions or the velocities of the joints."""
    emphasis_weight: float = 0.5
    """Weight of that additional loss."""
    heading_weight: float = 0.0
    """Weight of an additional loss of the heading, such as 0.02. The heading is the sum of the yaw
    velocities, a single column, so that small errors of them turn all joints of later frames."""
    commitment: float = 0.02
    """Weight of the commitment loss of vq."""
    steps: int = 3000
    """Number of training steps."""
    rate: float = 5e-4
    """Learning rate after the warm-up."""
    stage_dropout: float = 0.2
    """Share of the training windows of a residual tokenizer that are decoded from a random number
    of first stages, so that these can be used alone."""
    sizes: TokenizerSizes = field(default_factory=TokenizerSizes)
    """Sizes of the tokenizer."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "window", "steps")
        expect_at_least(self, 0, "emphasis_weight", "heading_weight", "commitment")
        expect_positive(self, "rate")
        expect_share(self, "stage_dropout")
        if self.emphasis not in EMPHASES:
            raise InputError(
                f"emphasis: expected one of {', '.join(EMPHASES)}, found {self.emphasis}"
            )
        if self.window % self.sizes.frames_per_token:
            raise InputError(
                f"window: expected a multiple of the {self.sizes.frames_per_token} frames per "
                f"token, found {self.window}"
            )
