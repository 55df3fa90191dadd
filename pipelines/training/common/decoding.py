"""How captions are decoded. This module does not import PyTorch."""

from dataclasses import dataclass

from pipelines.training.common.options import expect_at_least


@dataclass(frozen=True)
class Decoding:
    """How captions are decoded; decoding is deterministic."""

    beams: int = 1
    """Beam width; 1 is greedy decoding."""
    max_tokens: int = 64
    """Maximum number of tokens of a caption."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "beams", "max_tokens")


DECODING = Decoding()
