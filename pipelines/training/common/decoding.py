"""How captions are decoded. This module does not import PyTorch."""

from dataclasses import dataclass

from motiondata.errors import InputError
from pipelines.training.common.options import expect_at_least, expect_finite

GREEDY_BEAMS, NO_PENALTY = 1, 1.0


@dataclass(frozen=True)
class Decoding:
    """How captions are decoded; decoding is deterministic."""

    beams: int = GREEDY_BEAMS
    """Beam width; 1 is greedy decoding."""
    max_tokens: int = 64
    """Maximum number of tokens of a caption."""
    length_penalty: float = NO_PENALTY
    """Exponent of the length by which the score of a beam is divided; above 1 favors long
    captions."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "beams", "max_tokens")
        expect_finite(self, "length_penalty")
        if self.beams == GREEDY_BEAMS and self.length_penalty != NO_PENALTY:
            raise InputError(
                f"length_penalty: expected with several beams, found {self.length_penalty} with "
                "greedy decoding; choose --beams"
            )


DECODING = Decoding()
