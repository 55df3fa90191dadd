"""The attributes of the clips of an evaluation: what captions say of them, and a linear probe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from pipelines.engine.progress import Progress
from pipelines.evaluation.attributes.counting import (
    AttributeChance,
    AttributeTotals,
    NewValues,
    attribute_chance,
    count_attributes,
    new_values,
)
from pipelines.evaluation.attributes.labels import AttributeLabels, Values
from pipelines.evaluation.attributes.linear_probe import (
    LabeledVectors,
    ProbeCaptions,
    ProbeChoice,
    probe_captions,
)
from pipelines.evaluation.clip_vectors import Clips, probe_vectors
from pipelines.evaluation.pair_texts import Rows
from pipelines.evaluation.references import References
from pipelines.training.common.clip_fields import VAL
from shards.format.dataset import Dataset
from shards.stream.selection import Selection, select_rows


@dataclass(frozen=True)
class AttributeReport:
    """What captions say of the attributes of clips, and what it is compared with."""

    rows: Mapping[str, AttributeTotals]
    """Counts by row of the tables."""
    chance: AttributeChance
    new: NewValues
    probe: Mapping[str, ProbeChoice]
    """The strength of the linear probe of each attribute."""
    validation_clips: int
    """The number of clips that strengths were chosen on."""


@dataclass(frozen=True, eq=False)
class LabeledSplit:
    """The clips of an evaluation with the values of their attributes."""

    labels: AttributeLabels
    clips: list[Values]
    train: list[Values]
    probe: ProbeCaptions

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        labels: AttributeLabels,
        references: References,
        train: References,
        field: str,
        stream: TextIO | None,
    ) -> "LabeledSplit":
        """Read the values of clips, and fit a linear probe of the mean and deviation of a field.

        Progress is written to `stream`. Raises `InputError` if a clip has no label.
        """
        splits: list[Clips] = [(each.split, each.keys) for each in (train, references)]
        splits.insert(1, (VAL, _keys(dataset, VAL)))
        known, held, asked = (labels.of(keys) for _, keys in splits)
        probe = _probe(dataset, labels, field, splits, (known, held), stream)
        return cls(labels, asked, known, probe)

    def report(self, rows: Rows) -> AttributeReport:
        """Return the counts of all rows of captions."""
        return AttributeReport(
            {name: count_attributes(each, self.clips, self.labels) for name, each in rows.items()},
            attribute_chance(self.clips, self.train),
            new_values(self.clips, self.train),
            self.probe.choices,
            self.probe.validation_clips,
        )


def _keys(dataset: Dataset, split: str) -> list[str]:
    """Return the keys of a split, or none if there is no such split."""
    if split not in dataset.description.splits:
        return []
    keys: list[str] = dataset.manifest.take(select_rows(dataset, Selection(split)))[
        "key"
    ].to_pylist()
    return keys


def _probe(
    dataset: Dataset,
    labels: AttributeLabels,
    field: str,
    splits: list[Clips],
    values: tuple[list[Values], list[Values]],
    stream: TextIO | None,
) -> ProbeCaptions:
    """Return the captions of a probe for the last of three splits: train, val, and evaluated."""
    of_clips = probe_vectors(dataset, field)
    with Progress(sum(len(keys) for _, keys in splits), 0, stream, "clips") as progress:
        train, asked = (of_clips(dataset, splits[at], field, progress.advance) for at in (0, 2))
        held = train[:0]
        if splits[1][1]:
            held = of_clips(dataset, splits[1], field, progress.advance)
    known = LabeledVectors(train, values[0]), LabeledVectors(held, values[1])
    return probe_captions(labels, *known, asked)
