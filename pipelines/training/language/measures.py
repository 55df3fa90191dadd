"""Validation of a language model: losses by task, captions, and alarms.

The loss by task uses one fixed wording of each task, so that validations are comparable.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from motiondata.counting import counted
from pipelines.training.common.alarms import MIN_LOSS_RISE, is_collapsed, rate_alarms
from pipelines.training.common.caption_samples import CaptionSample, sample_captions
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.logs import History
from pipelines.training.language.instructions import CaptionedMotion, Sample, read_tasks
from pipelines.training.language.motion_language import MotionLanguage

CAPTIONING, GENERATION = "motion_to_caption", "caption_to_motion"
"""Tasks whose answers depend on the motion, and on the caption."""
PROBE_DECODING = Decoding(beams=1, max_tokens=32)


@dataclass(frozen=True)
class LanguageMeasures:
    """Measures of a language model on a few clips."""

    clips: int
    losses: Mapping[str, float]
    """Loss by task, with its fixed wording, in nats per token."""
    shuffled_loss: float
    """Loss of captions with the motion of another clip."""
    distinct: float
    """Share of distinct captions."""
    commonest: str
    """Most frequent caption."""
    samples: Sequence[CaptionSample] = ()
    """Captions of the first clips, and what the model says."""

    @property
    def different(self) -> str:
        """Return the number of distinct captions, as text."""
        different = counted(round(self.distinct * self.clips), "different caption")
        return f"{different} of {counted(self.clips, 'clip')}"


def measure(model: MotionLanguage, motions: Sequence[CaptionedMotion]) -> LanguageMeasures:
    """Return the measures of a model in evaluation mode on captioned motions."""
    slots = [motion.slots() for motion in motions]
    others = [slots[-1], *slots[:-1]]
    tasks, asked = read_tasks(), read_tasks()[CAPTIONING]
    shuffled = [
        Sample(asked.fixed(other).instruction, asked.fixed(own).answer)
        for own, other in zip(slots, others, strict=True)
    ]
    captions = model.write([asked.fixed(each).instruction for each in slots], PROBE_DECODING)
    return LanguageMeasures(
        clips=len(motions),
        losses={
            name: float(model.loss([task.fixed(each) for each in slots]))
            for name, task in tasks.items()
        },
        shuffled_loss=float(model.loss(shuffled)),
        distinct=len(set(captions)) / len(captions),
        commonest=Counter(captions).most_common(1)[0][0],
        samples=sample_captions([motion.caption for motion in motions], captions),
    )


def alarms_of(
    measures: LanguageMeasures,
    history: History,
    patience: int,
    tasks: Collection[str] | None = None,
) -> list[str]:
    """Return one sentence per fault at a validation, with its remedy.

    Captions are not looked at if `tasks`, the only ones of a training, do not ask for them.
    """
    losses = [step["loss"] for step in history.recent]
    alarms = rate_alarms(fmean(losses), history.lowest)
    captions = tasks is None or CAPTIONING in tasks
    if not captions or history.recent[-1]["step"] < patience:
        return alarms
    return [*alarms, *_collapse(measures)]


def _collapse(measures: LanguageMeasures) -> list[str]:
    """Return a sentence if all captions are the same, or if the motion is ignored."""
    matched = measures.losses[CAPTIONING]
    if measures.shuffled_loss < MIN_LOSS_RISE * matched:
        return [
            f"the motion is ignored: captions have the loss {matched:.3f} with a clip's own tokens "
            f"and {measures.shuffled_loss:.3f} with another clip's; train longer, and check the "
            "tokenizer's error and use of codes (reconstruction.json)"
        ]
    if measures.clips > 1 and is_collapsed(measures.distinct, measures.clips):
        return [f"{measures.different}, most often {measures.commonest!r}; train longer"]
    return []
