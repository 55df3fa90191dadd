"""The choice of how captions are decoded: by CIDEr-D on the validation split, never on the other.

Beams, the length penalty and a consensus change scores by more than many models do, so that a
report names them and what else was tried.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from motiondata.errors import InputError
from pipelines.evaluation.metrics.cider import is_defined
from pipelines.evaluation.metrics.scores import score_captions
from pipelines.evaluation.references import References
from pipelines.training.common.decoding import (
    GREEDY_BEAMS,
    NO_CONSENSUS,
    NO_PENALTY,
    Decoding,
)
from pipelines.training.common.normalize_caption import normalize_caption


@dataclass(frozen=True)
class TriedDecoding:
    """A decoding, and its score on the validation split."""

    beams: int
    length_penalty: float
    consensus: int
    cider_d: float


@dataclass(frozen=True)
class DecodingChoice:
    """The decoding of the model's captions, and those that it was chosen from."""

    beams: int
    length_penalty: float
    consensus: int
    seed: int
    tried: tuple[TriedDecoding, ...]
    """In the order tried; empty if there was nothing to choose."""

    @classmethod
    def of(cls, decoding: Decoding, tried: tuple[TriedDecoding, ...] = ()) -> "DecodingChoice":
        """Return the choice of a decoding."""
        return cls(
            decoding.beams, decoding.length_penalty, decoding.consensus, decoding.seed, tried
        )


def parse_decodings(
    beams: str, penalties: str, consensus: str = "1", seed: int = 0
) -> tuple[Decoding, ...]:
    """Return all decodings of `1,3` beams and `0.8,1` length penalties, and of `1,32` drawn ones.

    Greedy decoding has no penalty. Drawn captions have no beams, so that without a 1 in `consensus`
    there are those only. Raises `InputError` for values that are not numbers, or for beams of drawn
    captions only.
    """
    try:
        widths = [int(each) for each in beams.split(",")]
        powers = [float(each) for each in penalties.split(",")]
        numbers = [int(each) for each in consensus.split(",")]
    except ValueError as error:
        raise InputError(
            "beams, length_penalties, consensus: expected numbers with commas, such as 1,3,5, "
            f"0.8,1.2 and 1,32, found {beams}, {penalties} and {consensus}"
        ) from error
    if NO_CONSENSUS not in numbers and widths != [GREEDY_BEAMS]:
        raise InputError(
            f"consensus: expected without --beams, or with 1 among its numbers, as drawn captions "
            f"have no beams, found {consensus} with beams {beams}; choose --consensus 1,{consensus}"
        )
    pairs = [
        (width, NO_PENALTY if width == GREEDY_BEAMS else power)
        for width, power in product(widths, powers)
    ]
    beamed = [Decoding(width, length_penalty=power) for width, power in dict.fromkeys(pairs)]
    drawn = [
        Decoding(consensus=each, seed=seed)
        for each in dict.fromkeys(numbers)
        if each != NO_CONSENSUS
    ]
    return (*(beamed if NO_CONSENSUS in numbers else []), *drawn)


def choose_decoding(
    decodings: Sequence[Decoding],
    references: References,
    caption: Callable[[Decoding], Sequence[str]],
) -> tuple[Decoding, DecodingChoice]:
    """Return the decoding of the highest CIDEr-D, the first of equal ones.

    `caption` returns a caption of each clip of `references`, those of the validation split. Raises
    `InputError` if CIDEr-D cannot distinguish captions of these clips.
    """
    expected = list(references.texts.values())
    if not is_defined([[normalize_caption(text) for text in texts] for texts in expected]):
        raise InputError(
            "--beams, --length-penalties, --consensus: expected several clips with different "
            f"captions in the split {references.split}, by whose CIDEr-D one is chosen; choose a "
            "single value"
        )
    scores = [score_captions(caption(each), expected).cider_d or 0.0 for each in decodings]
    best = decodings[scores.index(max(scores))]
    tried = tuple(
        TriedDecoding(each.beams, each.length_penalty, each.consensus, score)
        for each, score in zip(decodings, scores, strict=True)
    )
    return best, DecodingChoice.of(best, tried)
