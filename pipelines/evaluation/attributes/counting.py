"""Counts of the attributes that captions name correctly, and what chance gives."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.evaluation.attributes.caption_reader import CaptionReader, Said
from pipelines.evaluation.attributes.labels import AttributeLabels, Values

SEVERAL, NONE = "several", "none"
"""What is named instead of one value."""


@dataclass(frozen=True)
class Confusion:
    """Clips of a value whose captions name something else."""

    value: str
    named: str
    """The value that is named, or several, or none."""
    clips: int


@dataclass(frozen=True)
class AttributeTotals:
    """Counts of the clips whose captions name their attributes."""

    clips: int
    right: Mapping[str, int]
    """For each attribute, clips whose caption names its value and no other one."""
    all_right: int
    """Clips whose caption does so for each attribute."""
    confusions: Mapping[str, Sequence[Confusion]]
    """For each attribute, what is named instead, the most frequent first."""


@dataclass(frozen=True)
class AttributeChance:
    """The expected shares of correct values that are drawn as often as training clips have them."""

    right: Mapping[str, float]
    all_right: float
    """Attributes are drawn independently."""


@dataclass(frozen=True)
class NewValues:
    """Clips with a value, or with a combination of values, that no training clip has."""

    values: Mapping[str, int]
    """For each attribute, clips whose value no training clip has."""
    combinations: int
    """Clips whose values no training clip has together."""


def count_attributes(
    captions: Sequence[str], clips: Sequence[Values], labels: AttributeLabels
) -> AttributeTotals:
    """Count the attributes that captions name, given one caption per clip."""
    reader = CaptionReader.of(labels)
    said = [reader.read(caption) for caption in captions]
    right = {name: [_is_right(each, values, name) for each, values in zip(said, clips, strict=True)]
             for name in labels.texts}  # fmt: skip
    return AttributeTotals(
        clips=len(clips),
        right={name: sum(each) for name, each in right.items()},
        all_right=sum(map(all, zip(*right.values(), strict=True))),
        confusions={name: _confusions(said, clips, name) for name in labels.texts},
    )


def _is_right(said: Said, values: Values, name: str) -> bool:
    return values[name] in (said[name] or ())


def _confusions(said: Sequence[Said], clips: Sequence[Values], name: str) -> list[Confusion]:
    wrong = Counter(
        (values[name], _named(each[name]))
        for each, values in zip(said, clips, strict=True)
        if not _is_right(each, values, name)
    )
    ordered = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return [Confusion(value, named, number) for (value, named), number in ordered]


def _named(values: frozenset[str] | None) -> str:
    if values is None:
        return NONE
    return " or ".join(sorted(values)) or SEVERAL


def attribute_chance(clips: Sequence[Values], train: Sequence[Values]) -> AttributeChance:
    """Return the expected shares of correct values, of clips and training clips."""
    counts = {name: Counter(values[name] for values in train) for name in clips[0]}
    shares = [{name: counts[name][value] / len(train) for name, value in values.items()}
              for values in clips]  # fmt: skip
    right = {name: sum(each[name] for each in shares) / len(clips) for name in counts}
    return AttributeChance(right, sum(_product(each) for each in shares) / len(clips))


def _product(shares: Mapping[str, float]) -> float:
    product = 1.0
    for share in shares.values():
        product *= share
    return product


def new_values(clips: Sequence[Values], train: Sequence[Values]) -> NewValues:
    """Count the clips with values that training clips do not have, alone or together."""
    known = {name: {values[name] for values in train} for name in clips[0]}
    together = [*map(dict, train)]
    return NewValues(
        {name: sum(values[name] not in there for values in clips) for name, there in known.items()},
        sum(dict(values) not in together for values in clips),
    )
