"""The best of several motions of a text: by the language model itself, or by matchers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.training.language.instructions import CaptionedMotion, read_tasks
from pipelines.training.language.motion_language import MotionLanguage
from pipelines.training.matching.load_matcher import LoadedMatcher, described, load_matchers
from pipelines.training.matching.matcher import Matcher
from pipelines.training.tokenizers.load_tokenizer import LoadedTokenizer

CAPTIONING = "motion_to_caption"
CAPTIONED_AT_ONCE = 256
"""Motions whose captions are scored at once: attention takes memory for all pairs of tokens."""


class Judge(Protocol):
    """Tells how badly motions fit their captions."""

    def costs(self, motions: Sequence[CaptionedMotion]) -> NDArray[np.float64]:
        """Return the cost of each motion of one caption, (motions,)."""


@dataclass(frozen=True, eq=False)
class OwnJudge:
    """Prefers motions of which the language model would write the caption.

    By Bayes' rule, the most probable motion of a text is probable as a motion, which drawing it
    takes care of, and the text is probable for it. The model must know motion_to_caption.
    """

    model: MotionLanguage
    at_once: int = CAPTIONED_AT_ONCE
    """Motions that the model reads at once, at most."""

    @torch.no_grad()
    def costs(self, motions: Sequence[CaptionedMotion]) -> NDArray[np.float64]:
        """Return the loss of the caption of each motion."""
        task = read_tasks()[CAPTIONING]
        samples = [task.fixed(motion.slots()) for motion in motions]
        starts = range(0, len(samples), self.at_once)
        parts = [self.model.losses(samples[at : at + self.at_once]) for at in starts]
        return torch.cat(parts).double().cpu().numpy()


@dataclass(frozen=True, eq=False)
class MatcherJudge:
    """Prefers motions that matchers embed near their captions, on average.

    Ramesh et al., "Zero-Shot Text-to-Image Generation", 2021, choose images likewise, with CLIP.
    """

    matchers: Sequence[Matcher]
    decode: Callable[[CaptionedMotion], NDArray[np.float32]]
    """Returns the features of a motion, which the matchers embed."""

    def costs(self, motions: Sequence[CaptionedMotion]) -> NDArray[np.float64]:
        """Return the mean distance of each motion and the caption."""
        features = [self.decode(motion) for motion in motions]
        texts = [motions[0].caption]
        found = [
            np.linalg.norm(matcher.embed_motions(features) - matcher.embed_texts(texts), axis=1)
            for matcher in self.matchers
        ]
        means: NDArray[np.float64] = np.mean(found, axis=0)
        return means


def choose_best(
    judge: Judge, motions: Sequence[CaptionedMotion], best_of: int
) -> list[CaptionedMotion]:
    """Return one of each `best_of` motions that follow each other: that with the lowest cost.

    The captions of such a group are equal. The first one is kept of equal costs.
    """
    if best_of == 1:
        return [*motions]
    groups = [motions[start : start + best_of] for start in range(0, len(motions), best_of)]
    return [group[int(judge.costs(group).argmin())] for group in groups]


def read_judges(
    checkpoints: Sequence[Path], tokenizer: LoadedTokenizer
) -> tuple[LoadedMatcher, ...]:
    """Return matchers that embed what a tokenizer decodes.

    Raises `InputError` for another file, the same matcher twice, other features, and another frame
    rate.
    """
    matchers = load_matchers(checkpoints)
    for checkpoint, matcher in zip(checkpoints, matchers, strict=True):
        if (matcher.fields, matcher.fps) != (tokenizer.fields, tokenizer.fps):
            expected = described(tokenizer.fields, tokenizer.fps)
            raise InputError(
                f"{checkpoint}: expected a matcher of {expected}, which the tokenizer decodes, "
                f"found one of {matcher.reads}"
            )
    return matchers
