"""Alarms: whether a captioner is about to say one sentence for every clip, why, and what helps.

Three things tell, and the loss is none of them: how alike clips' features are, how much worse the
loss is with another clip's features, and how many captions differ. The causes are looked for in the
order in which clips pass them: the features, the projector, the language model.
"""

from collections import Counter
from dataclasses import dataclass
from statistics import fmean

from torch import Tensor
from torch.nn import functional

from pipelines.training.captioning.captioner import Captioner
from pipelines.training.captioning.options import Decoding
from pipelines.training.common.clip_fields import PaddedClips
from pipelines.training.common.logs import History

MAX_COSINE = 0.9
"""Mean cosine between clips above which their features share a mean: max-pooled features of random
poses have 0.92 to 0.99, and about 0 when standardised."""
MAX_PROJECTED_COSINE = 0.99
"""The same of what the projector makes of them; it may rightly add a mean of its own."""
MIN_LOSS_RISE = 1.01
"""How many times as large the loss is, at least, with another clip's features, if they matter."""
MIN_DISTINCT = 0.1
"""The share of distinct captions below which clips are captioned alike."""
MAX_LOSS_RISE = 1.5
"""How many times as large as it was the loss must be to have risen."""
PROBE_DECODING = Decoding(beams=1, max_tokens=32)
"""Enough to tell captions apart."""


@dataclass(frozen=True, eq=False)
class Probe:
    """A few captioned clips that a training is looked at with."""

    clips: PaddedClips
    labels: Tensor
    """Of a caption of each, (clips, tokens)."""


@dataclass(frozen=True)
class Measures:
    """What a captioner makes of a probe."""

    clips: int
    cosine: float
    """Between clips, on average, of their mean standardised features."""
    projected_cosine: float
    """The same of what the projector makes of them."""
    matched_loss: float
    """With each clip's own features."""
    shuffled_loss: float
    """With another clip's features."""
    distinct: float
    """The share of captions that differ."""
    commonest: str
    """The caption that comes most often."""

    @property
    def collapsed(self) -> bool:
        """Tell whether clips are captioned alike."""
        return self.distinct * self.clips <= max(1.0, MIN_DISTINCT * self.clips)

    @property
    def different(self) -> str:
        """Say how many captions differ."""
        return f"{round(self.distinct * self.clips)} different captions of {self.clips} clips"

    @property
    def ignored(self) -> bool:
        """Tell whether another clip's features would do as well."""
        return self.shuffled_loss < MIN_LOSS_RISE * self.matched_loss


def measure(captioner: Captioner, probe: Probe) -> Measures:
    """Return what a captioner in evaluation makes of a probe."""
    values, mask = probe.clips.values, probe.clips.mask
    features = captioner.features(values, mask)
    captions = captioner.caption(values, mask, PROBE_DECODING)
    return Measures(
        len(captions),
        mean_cosine(clip_means(features, mask)),
        mean_cosine(clip_means(captioner.project(features, mask), mask)),
        float(captioner.loss(values, mask, probe.labels)),
        float(captioner.shuffled_loss(values, mask, probe.labels)),
        len(set(captions)) / len(captions),
        Counter(captions).most_common(1)[0][0],
    )


def clip_means(vectors: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of each clip's frames, (clips, width), of (clips, frames, width)."""
    counts = mask.sum(1, keepdim=True).clamp(min=1)
    return (vectors * mask[..., None]).float().sum(1) / counts


def mean_cosine(vectors: Tensor) -> float:
    """Return the mean cosine between two different vectors of some, (vectors, width)."""
    count = len(vectors)
    total = functional.normalize(vectors, dim=-1).sum(0).square().sum()
    return float((total - count) / max(1, count * (count - 1)))


def alarms_of(measures: Measures, history: History, patience: int) -> list[str]:
    """Return what is wrong at a look, and what helps, a sentence each."""
    patient = history.recent[-1]["step"] < patience
    losses = [step["loss"] for step in history.recent]
    return [*collapse_alarms(measures, patient), *rate_alarms(fmean(losses), history.lowest)]


def collapse_alarms(measures: Measures, patient: bool) -> list[str]:
    """Return what is wrong, and what helps, in a sentence, if anything is.

    A captioner that has only begun to learn says one sentence too: while `patient`, only features
    that are alike are alarming.
    """
    if measures.cosine > MAX_COSINE:
        return [
            f"{_symptom(measures)}: the standardised features of different clips are alike (mean "
            f"cosine {measures.cosine:.3f}), so they share a mean that the statistics do not take "
            "out; run motiondata stats on the dataset and train again in another folder"
        ]
    if patient or not (measures.collapsed or measures.ignored):
        return []
    if measures.projected_cosine > MAX_PROJECTED_COSINE:
        return [
            f"{_symptom(measures)}: the projector makes clips alike (mean cosine "
            f"{measures.projected_cosine:.3f}, of their features {measures.cosine:.3f}), as one "
            "does whose learning rate was too high; train again with a lower --projector-rate"
        ]
    if measures.ignored:
        return [
            f"{_symptom(measures)}: the features are ignored (loss {measures.matched_loss:.3f} "
            f"with a clip's own, {measures.shuffled_loss:.3f} with another's); train longer, or "
            "align the encoder with text first (motiondata align)"
        ]
    return [
        f"{_symptom(measures)}, though the features matter (loss {measures.matched_loss:.3f} with "
        f"a clip's own, {measures.shuffled_loss:.3f} with another clip's); train longer"
    ]


def rate_alarms(loss: float, lowest: float) -> list[str]:
    """Return what a mean loss says of the learning rate, given the lowest one before."""
    if loss <= MAX_LOSS_RISE * lowest:
        return []
    return [
        f"the loss has risen from {lowest:.3f} to {loss:.3f}, so the learning rate is too high; "
        "train again with a lower --rate and --projector-rate"
    ]


def _symptom(measures: Measures) -> str:
    return f"{measures.different}, {measures.commonest!r} most often"
