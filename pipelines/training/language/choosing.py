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
from pipelines.training.matching.load_matcher import LoadedMatcher, load_matcher
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
    """Prefers motions that a matcher embeds near their captions.

    Ramesh et al., "Zero-Shot Text-to-Image Generation", 2021, choose images likewise, with CLIP.
    """

    matcher: Matcher
    decode: Callable[[CaptionedMotion], NDArray[np.float32]]
    """Returns the features of a motion, which the matcher embeds."""

    def costs(self, motions: Sequence[CaptionedMotion]) -> NDArray[np.float64]:
        """Return the distance of each motion and its caption."""
        different = [*dict.fromkeys(motion.caption for motion in motions)]
        texts = dict(zip(different, self.matcher.embed_texts(different), strict=True))
        found = self.matcher.embed_motions(map(self.decode, motions))
        asked = np.stack([texts[motion.caption] for motion in motions])
        distances: NDArray[np.float64] = np.linalg.norm(found - asked, axis=1)
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


def read_judge(checkpoint: Path, tokenizer: LoadedTokenizer) -> LoadedMatcher:
    """Return a matcher that embeds what a tokenizer decodes.

    Raises `InputError` for another file, other features, and another frame rate.
    """
    matcher = load_matcher(checkpoint)
    expected, found = ((each.fields, each.fps) for each in (tokenizer, matcher))
    if found != expected:
        raise InputError(
            f"{checkpoint}: expected a matcher of {_described(*expected)}, which the tokenizer "
            f"decodes, found one of {_described(*found)}"
        )
    return matcher


def _described(fields: MotionFields, fps: float) -> str:
    corrected = "corrected " if fields.corrected else ""
    return f"{corrected}{fields.representation} features at {fps:g} Hz"
