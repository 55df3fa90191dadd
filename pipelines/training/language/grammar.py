"""Which tokens may follow which: the constraints of decoding, as processors of scores.

A motion is start, codes, end, and T5's end of text. Scores of all other tokens become minus
infinity, so that beams and samples of any kind keep the constraint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import torch
from torch import Tensor

from pipelines.training.language.motion_vocabulary import MotionVocabulary


@dataclass(frozen=True, eq=False)
class TextGrammar:
    """Allows all tokens except motion tokens and marks."""

    not_text: Tensor
    """Which tokens of the vocabulary no text has, (vocabulary,)."""

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:  # noqa: ARG002
        """Return the scores of the next tokens, (texts, vocabulary), of texts (texts, tokens)."""
        return scores.masked_fill(self.not_text, -inf)


@dataclass(frozen=True, eq=False)
class MotionGrammar:
    """Allows one motion: start, codes, end, and the end of the text.

    The codes of a token follow each other in the order of their stages, and a motion does not end
    within a token.
    """

    vocabulary: MotionVocabulary
    special: tuple[int, int]
    """Numbers of the end token of a text and of padding."""
    longest: int
    """Maximum number of motion tokens."""
    lengths: Sequence[int] | None = None
    """Number of motion tokens of each motion; None: from 1 to `longest`."""

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """Return the scores of the next tokens, (motions, vocabulary).

        `ids` are the tokens so far, (motions, tokens); the first one starts the decoder.
        """
        allowed = torch.zeros_like(scores, dtype=torch.bool)
        known, (end_of_text, padding) = self.vocabulary, self.special
        codes = ids.shape[1] - 2  # after the decoder's first token and the motion's start
        tokens, stage = divmod(codes, known.stages)
        if codes < 0:
            allowed[:, known.start] = True
            return scores.masked_fill(~allowed, -inf)
        last = ids[:, -1]
        ended, finished = last == known.end, (last == end_of_text) | (last == padding)
        inside = ~ended & ~finished
        least, most = self._limits(len(ids), scores.device)
        allowed[:, known.of_stage(stage)] = (inside & (tokens < most))[:, None]
        allowed[:, known.end] = inside & (tokens >= least) & (stage == 0)
        allowed[:, end_of_text] = ended
        allowed[:, padding] = finished
        return scores.masked_fill(~allowed, -inf)

    def _limits(self, motions: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return the minimum and the maximum number of motion tokens of each motion."""
        if self.lengths is None:
            ones = torch.ones(motions, dtype=torch.long, device=device)
            return ones, ones * self.longest
        lengths = torch.tensor(self.lengths, device=device)
        return lengths, lengths
