"""Alarms: signs that a captioner collapses to one sentence for every clip, causes, and remedies.

The loss does not show a collapse. Three measures do: how alike the features of different clips are,
how much the loss rises with another clip's features, and how many captions differ. Causes are
checked in the order of the data flow: the features, the projector, the language model.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from torch import Tensor
from torch.nn import functional

from motiondata.counting import counted
from pipelines.training.captioning.captioner import Captioner
from pipelines.training.captioning.inputs import ClipInputs
from pipelines.training.common.alarms import MIN_LOSS_RISE, is_collapsed, rate_alarms
from pipelines.training.common.caption_samples import CaptionSample, sample_captions
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.logs import History

MAX_COSINE = 0.9
"""Mean cosine between clips above which their features share a mean. Max-pooled features of random
poses have 0.92 to 0.99, and about 0 when standardized."""
MAX_PROJECTED_COSINE = 0.99
"""Maximum mean cosine between clips of the projector's output, which may add a mean
legitimately."""
RATES = "--rate and --projector-rate"
"""Options to lower if the learning rate is too high."""
PROBE_DECODING = Decoding(beams=1, max_tokens=32)
"""Enough to distinguish captions."""


@dataclass(frozen=True, eq=False)
class Probe:
    """A few captioned clips for the validation of a training."""

    clips: ClipInputs
    labels: Tensor
    """Labels of one caption per clip, shaped (clips, tokens)."""
    references: tuple[str, ...]
    """The captions, of which the first are logged with what the captioner says."""


@dataclass(frozen=True)
class Measures:
    """Measures of a captioner on a probe."""

    clips: int
    cosine: float
    """Mean cosine between clips of their mean standardized features, or mean token embeddings."""
    projected_cosine: float
    """Mean cosine between clips of the projector's mean output."""
    matched_loss: float
    """Loss with each clip's own features."""
    shuffled_loss: float
    """Loss with another clip's features."""
    distinct: float
    """Share of distinct captions."""
    commonest: str
    """Most frequent caption."""
    samples: Sequence[CaptionSample] = ()
    """Captions of the first clips, and what the captioner says."""

    @property
    def collapsed(self) -> bool:
        """Return whether different clips have the same captions."""
        return is_collapsed(self.distinct, self.clips)

    @property
    def different(self) -> str:
        """Return the number of distinct captions, as text."""
        different = counted(round(self.distinct * self.clips), "different caption")
        return f"{different} of {counted(self.clips, 'clip')}"

    @property
    def ignored(self) -> bool:
        """Return whether the loss is as low with another clip's features."""
        return self.shuffled_loss < MIN_LOSS_RISE * self.matched_loss


def measure(captioner: Captioner, probe: Probe) -> Measures:
    """Return the measures of a captioner in evaluation mode on a probe.

    If it reads frames and tokens, the cosines are those of the frames.
    """
    reader, read = captioner.inputs(probe.clips)[0]
    features = reader.features(read)
    captions = captioner.caption(probe.clips, PROBE_DECODING)
    return Measures(
        len(captions),
        mean_cosine(mean_over_frames(features, read.mask)),
        mean_cosine(mean_over_frames(*reader.project(features, read.mask))),
        float(captioner.loss(probe.clips, probe.labels)),
        float(captioner.shuffled_loss(probe.clips, probe.labels)),
        len(set(captions)) / len(captions),
        Counter(captions).most_common(1)[0][0],
        sample_captions(probe.references, captions),
    )


def mean_over_frames(vectors: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over frames, (clips, width), of vectors (clips, frames, width).

    `mask` is true for the frames that count, (clips, frames).
    """
    counts = mask.sum(1, keepdim=True).clamp(min=1)
    return (vectors * mask[..., None]).float().sum(1) / counts


def mean_cosine(vectors: Tensor) -> float:
    """Return the mean cosine between pairs of different vectors, shaped (vectors, width)."""
    count = len(vectors)
    total = functional.normalize(vectors, dim=-1).sum(0).square().sum()
    return float((total - count) / max(1, count * (count - 1)))


def alarms_of(measures: Measures, history: History, patience: int) -> list[str]:
    """Return one sentence per fault at a validation, with its remedy."""
    patient = history.recent[-1]["step"] < patience
    losses = [step["loss"] for step in history.recent]
    return [*collapse_alarms(measures, patient), *rate_alarms(fmean(losses), history.lowest, RATES)]


def collapse_alarms(measures: Measures, patient: bool) -> list[str]:
    """Return at most one sentence that states a collapse and its remedy.

    A captioner that has only begun to learn also says one sentence: while `patient`, only features
    that are alike are alarming.
    """
    if measures.cosine > MAX_COSINE:
        return [
            f"{_symptom(measures)}: the standardized features of different clips are alike (mean "
            f"cosine {measures.cosine:.3f}), so they share a mean that standardization does not "
            "remove; run motiondata stats on the dataset, and train again in another folder (with "
            "tokens only, train the tokenizer again)"
        ]
    if patient or not (measures.collapsed or measures.ignored):
        return []
    return [f"{_symptom(measures)}{_cause_after_features(measures)}"]


def _cause_after_features(measures: Measures) -> str:
    """Return the cause of a collapse, and its remedy, if the features of clips differ."""
    if measures.projected_cosine > MAX_PROJECTED_COSINE:
        return (
            f": the projector makes different clips alike (mean cosine "
            f"{measures.projected_cosine:.3f}, that of the features {measures.cosine:.3f}), "
            "probably because its learning rate was too high; train again with a lower "
            "--projector-rate"
        )
    losses = (
        f"(loss {measures.matched_loss:.3f} with a clip's own features, "
        f"{measures.shuffled_loss:.3f} with another clip's)"
    )
    if measures.ignored:
        return (
            f": the features are ignored {losses}; train longer, or align the encoder with text "
            "first (motiondata align)"
        )
    return f", although the features are used {losses}; train longer"


def _symptom(measures: Measures) -> str:
    return f"{measures.different}, most often {measures.commonest!r}"
