"""A few captions of a validation, which the log keeps so that people can see what is learned."""

from collections.abc import Sequence
from dataclasses import dataclass

SAMPLED_CLIPS = 5
"""The number of clips whose captions are logged."""


@dataclass(frozen=True)
class CaptionSample:
    """What a model says about a clip."""

    reference: str
    """A caption of the clip."""
    caption: str
    """The caption by the model."""


def sample_captions(references: Sequence[str], captions: Sequence[str]) -> list[CaptionSample]:
    """Return the captions of the first clips. The clips of a validation are always the same."""
    pairs = zip(references[:SAMPLED_CLIPS], captions[:SAMPLED_CLIPS], strict=True)
    return [CaptionSample(*pair) for pair in pairs]
