"""The best of several motions of a text: by the language model itself, or by a matcher."""

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
from pipelines.training.matching.load_matcher import LoadedMatcher, load_matchers
from pipelines.training.matching.matcher import Matcher
from pipelines.training.motion_fields import MotionFields
from pipelines.training.tokenizers.load_tokenizer import LoadedTokenizer

CAPTIONING = "motion_to_caption"


class Judge(Protocol):
    """Tells how badly motions fit their captions."""

    def costs(self, motions: Sequence[CaptionedMotion]) -> NDArray[np.float64]:
        """Return a cost of each motion, (motions,); only those of one caption are compared."""


@dataclass(frozen=True, eq=False)
class OwnJudge:
    """Prefers motions of which the language model would write the caption.

    By Bayes' rule, the most probable motion of a text is probable as a motion, which drawing it
    takes care of, and the text is probable for it. The model must know motion_to_caption.
    """

    model: MotionLanguage

    @torch.no_grad()
    def costs(self, motions: Sequence[CaptionedMotion]) -> NDArray[np.float64]:
        """Return the loss of the caption of each motion."""
        task = read_tasks()[CAPTIONING]
        losses = self.model.losses([task.fixed(motion.slots()) for motion in motions])
        return losses.double().cpu().numpy()


@dataclass(frozen=True, eq=False)
class MatcherJudge:
    """Prefers motions that matchers embed near their captions, on average.

    Ramesh et al., "Zero-Shot Text-to-Image Generation", 2021, choose images likewise, with CLIP.
    """

    matchers: Sequence[Matcher]
    decode: Callable[[CaptionedMotion], NDArray[np.float32]]
    """Returns the features of a motion, which the matchers embed."""

    def costs(self, motions: Sequence[CaptionedMotion]) -> NDArray[np.float64]:
        """Return the mean distance of each motion and its caption."""
        features = [self.decode(motion) for motion in motions]
        captions = [motion.caption for motion in motions]
        found = [distances_of(matcher, features, captions) for matcher in self.matchers]
        means: NDArray[np.float64] = np.mean(found, axis=0)
        return means


def distances_of(
    matcher: Matcher, features: Sequence[NDArray[np.float32]], captions: Sequence[str]
) -> NDArray[np.float64]:
    """Return the distances of motions and their captions as a matcher embeds them, (motions,)."""
    different = [*dict.fromkeys(captions)]
    texts = dict(zip(different, matcher.embed_texts(different), strict=True))
    asked = np.stack([texts[caption] for caption in captions])
    distances: NDArray[np.float64] = np.linalg.norm(matcher.embed_motions(features) - asked, axis=1)
    return distances


def choose_best(
    judge: Judge, motions: Sequence[CaptionedMotion], best_of: int
) -> list[CaptionedMotion]:
    """Return one of each `best_of` motions that follow each other: that with the lowest cost.

    The captions of such a group are equal. The first one is kept of equal costs.
    """
    if best_of == 1:
        return [*motions]
    places = judge.costs(motions).reshape(-1, best_of).argmin(1).tolist()
    return [motions[group * best_of + place] for group, place in enumerate(places)]


def read_judges(
    checkpoints: Sequence[Path], tokenizer: LoadedTokenizer
) -> tuple[LoadedMatcher, ...]:
    """Return matchers that embed what a tokenizer decodes.

    Raises `InputError` for another file, the same matcher twice, other features, and another frame
    rate.
    """
    matchers = load_matchers(checkpoints)
    for checkpoint, matcher in zip(checkpoints, matchers, strict=True):
        expected, found = ((each.fields, each.fps) for each in (tokenizer, matcher))
        if found != expected:
            raise InputError(
                f"{checkpoint}: expected a matcher of {_described(*expected)}, which the tokenizer "
                f"decodes, found one of {_described(*found)}"
            )
    return matchers


def _described(fields: MotionFields, fps: float) -> str:
    corrected = "corrected " if fields.corrected else ""
    return f"{corrected}{fields.representation} features at {fps:g} Hz"
