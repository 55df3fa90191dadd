"""The best of several motions of a text: that from which the model would write the text itself.

By Bayes' rule, the most probable motion of a text is probable as a motion, which drawing it takes
care of, and the text is probable for it. No other model is asked: an evaluation with a matcher is
not helped by having chosen with it.
"""

from collections.abc import Sequence

import torch

from pipelines.training.language.instructions import CaptionedMotion, read_tasks
from pipelines.training.language.motion_language import MotionLanguage

CAPTIONING = "motion_to_caption"


@torch.no_grad()
def likeliest(
    model: MotionLanguage, motions: Sequence[CaptionedMotion], best_of: int
) -> list[CaptionedMotion]:
    """Return one of each `best_of` motions that follow each other: that with the likeliest caption.

    The captions of such a group are equal.
    """
    if best_of == 1:
        return [*motions]
    task = read_tasks()[CAPTIONING]
    losses = model.losses([task.fixed(motion.slots()) for motion in motions])
    places = losses.reshape(-1, best_of).argmin(1).tolist()
    return [motions[group * best_of + place] for group, place in enumerate(places)]
