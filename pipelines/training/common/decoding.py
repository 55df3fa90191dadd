"""How captions are decoded. This module does not import PyTorch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motiondata.errors import InputError
from pipelines.training.common.central_sentence import central_sentence
from pipelines.training.common.options import expect_at_least, expect_finite

GREEDY_BEAMS, NO_PENALTY, NO_CONSENSUS = 1, 1.0, 1
AT_ONCE = 4096
"""Captions that are drawn at once, at most: 128 of each of 32 clips, the default batch."""
MOST_DRAWN = 4096
"""Captions that are drawn of each clip, at most: all are kept until one of each clip is chosen."""


@dataclass(frozen=True)
class Decoding:
    """How captions are decoded; the same options and clips give the same captions."""

    beams: int = GREEDY_BEAMS
    """Beam width; 1 is greedy decoding."""
    max_tokens: int = 64
    """Maximum number of tokens of a caption."""
    length_penalty: float = NO_PENALTY
    """Exponent of the length by which the score of a beam is divided; above 1 favors long
    captions."""
    consensus: int = NO_CONSENSUS
    """Captions that are drawn of each clip, of which the one most like all of them is kept, such as
    32; 1 draws none."""
    seed: int = 0
    """Seed of the captions that are drawn, which depend on the other clips of the batch too."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "beams", "max_tokens", "consensus")
        expect_at_least(self, 0, "seed")
        if self.consensus > MOST_DRAWN:
            raise InputError(
                f"consensus: expected at most {MOST_DRAWN:,} captions of each clip, because all of "
                f"them are kept until one is chosen, found {self.consensus:,}"
            )
        expect_finite(self, "length_penalty")
        if self.beams == GREEDY_BEAMS and self.length_penalty != NO_PENALTY:
            raise InputError(
                f"length_penalty: expected with several beams, found {self.length_penalty} with "
                "greedy decoding; choose --beams"
            )
        if self.beams != GREEDY_BEAMS and self.draws:
            raise InputError(
                f"consensus: expected without beams, as captions are drawn, found {self.consensus} "
                f"with {self.beams} beams; omit one of them"
            )

    @property
    def draws(self) -> bool:
        """Whether captions are drawn."""
        return self.consensus != NO_CONSENSUS

    def write(self, clips: int, generate: Callable[[Mapping[str, Any]], list[str]]) -> list[str]:
        """Return all texts that are written of clips, those of the first clip first.

        `generate` writes them with options of `generate` of transformers. At most `AT_ONCE` are
        drawn at once, so that memory does not grow with their number.
        """
        parts = [generate(self.generation(drawn)) for drawn in self.portions(clips)]
        each = [len(part) // clips for part in parts]
        return [
            text
            for clip in range(clips)
            for part, number in zip(parts, each, strict=True)
            for text in part[clip * number : (clip + 1) * number]
        ]

    def portions(self, clips: int) -> list[int]:
        """Return how many captions of each clip are drawn at once, one portion after another."""
        most = max(1, AT_ONCE // clips)
        whole, rest = divmod(self.consensus, most)
        return [most] * whole + [rest] * bool(rest)

    def generation(self, drawn: int) -> dict[str, Any]:
        """Return the options of `generate` of transformers for a number of drawn captions.

        They are drawn from all tokens.
        """
        if self.draws:
            chosen = {"do_sample": True, "num_return_sequences": drawn}
            return {**chosen, "top_k": 0, "max_new_tokens": self.max_tokens}
        return {
            "num_beams": self.beams,
            "length_penalty": self.length_penalty,
            "max_new_tokens": self.max_tokens,
            "do_sample": False,
        }

    def kept(self, texts: Sequence[str]) -> list[str]:
        """Return one of the texts that are written of each clip, those of the first clip first."""
        each = self.consensus
        starts = range(0, len(texts), each)
        return [central_sentence(texts[start : start + each]) for start in starts]


DECODING = Decoding()
