"""A baseline: a linear probe of each attribute, put into the words of the captions.

It tells how much of the content and the style of a clip a linear model reads off its features, and
so what a captioner of the same features could say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.attributes.labels import AttributeLabels, Values
from pipelines.evaluation.attributes.logistic_regression import LogisticRegression

STRENGTHS = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""The strengths of the penalty that are tried, the strongest first."""
STRENGTH = 0.1
"""The strength if no validation clip has a value that training clips have."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabeledVectors:
    """Vectors of clips, shaped (clips, numbers per clip), and the values of their attributes."""

    vectors: Floats
    values: Sequence[Values]


@dataclass(frozen=True)
class ProbeChoice:
    """The strength of the penalty of one attribute, and what it was chosen by."""

    strength: float
    losses: Mapping[str, float]
    """Mean negative log-likelihood of the validation clips, in nats, by strength; empty if none of
    their values is known."""


@dataclass(frozen=True, eq=False)
class ProbeCaptions:
    """The captions of a linear probe, and its strengths."""

    captions: list[str]
    choices: Mapping[str, ProbeChoice]
    """By attribute."""
    validation_clips: int


def probe_captions(
    labels: AttributeLabels, train: LabeledVectors, val: LabeledVectors, vectors: Floats
) -> ProbeCaptions:
    """Return a caption of each vector, of the most probable value of each attribute.

    Each number of the vectors is standardized by the training clips; one that is constant there is
    left out. The strength of the penalty is that of the least loss on the validation clips.
    """
    mean, std = train.vectors.mean(axis=0), train.vectors.std(axis=0)
    kept = std > 1e-9 * np.maximum(1, np.abs(mean))
    known, held, asked = (
        (each[:, kept] - mean[kept]) / std[kept] for each in (train.vectors, val.vectors, vectors)
    )
    values: dict[str, list[str]] = {}
    choices: dict[str, ProbeChoice] = {}
    for name in labels.texts:
        probe = AttributeProbe.fit(
            (known, [each[name] for each in train.values]),
            (held, [each[name] for each in val.values]),
        )
        values[name], choices[name] = probe.values_of(asked), probe.choice
    rows = (dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True))
    return ProbeCaptions([labels.caption(row) for row in rows], choices, len(val.values))


@dataclass(frozen=True, eq=False)
class AttributeProbe:
    """A probe of one attribute."""

    names: Sequence[str]
    """The values of training clips, in alphabetical order."""
    model: LogisticRegression
    choice: ProbeChoice

    @classmethod
    def fit(
        cls, train: tuple[Floats, Sequence[str]], val: tuple[Floats, Sequence[str]]
    ) -> "AttributeProbe":
        """Fit a probe with each strength, and keep that of the least loss on `val`.

        Validation clips with a value that no training clip has are left out. Of equal losses, the
        strongest penalty is kept.
        """
        names = sorted(set(train[1]))
        classes = np.array([names.index(value) for value in train[1]])
        places = [place for place, value in enumerate(val[1]) if value in names]
        held = val[0][places], np.array([names.index(val[1][place]) for place in places], np.intp)
        strengths = STRENGTHS if places else (STRENGTH,)
        models = {each: LogisticRegression.fit(train[0], classes, each) for each in strengths}
        losses = {each: _loss(model, *held) for each, model in models.items()} if places else {}
        best = min(losses, key=lambda each: losses[each], default=STRENGTH)
        named = {f"{strength:g}": loss for strength, loss in losses.items()}
        return cls(names, models[best], ProbeChoice(best, named))

    def values_of(self, vectors: Floats) -> list[str]:
        """Return the most probable value of each vector."""
        return [self.names[number] for number in self.model.classes(vectors).tolist()]


def _loss(model: LogisticRegression, vectors: Floats, classes: NDArray[np.intp]) -> float:
    logs = model.log_probabilities(vectors)
    return float(-logs[np.arange(len(classes)), classes].mean())
