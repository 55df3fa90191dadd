"""The synthesizer's labels of clips, and counts by kind of act of what captions describe."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from motiondata.errors import InputError
from motiondata.json_lines import no_acts, read_json_lines
from motiondata.synthesis.acts import Act
from motiondata.synthesis.language.captions import variant
from motiondata.synthesis.language.phrases import PHRASES
from pipelines.clips.keys import clip_name
from pipelines.evaluation.acts.act_scoring import ActScores, KnownAct, known_acts, score_acts

K = TypeVar("K", int, str)

ALL_KINDS = "all"
"""Kind of the last row of the table, which counts all acts."""


@dataclass(frozen=True)
class KindCount:
    """Counts of the acts of one kind that captions describe."""

    acts: int
    named: int
    """Acts whose kind is named."""
    sides: int
    """Acts with a scored side: one that must be named, or is named."""
    sides_right: int
    directions: int
    directions_right: int
    right: int
    """Acts whose kind is named and of which nothing is wrong."""
    besides: int
    """Number of times that captions name the kind without such an act in the clip."""


@dataclass(frozen=True)
class ClipCount:
    """Counts of some clips."""

    clips: int
    named: int
    """Clips whose caption names the kind of every act."""


@dataclass(frozen=True)
class ActTotals:
    """Counts of the clips and acts that captions describe."""

    clips: int
    clips_right: int
    """Clips whose caption describes every act correctly and no other act."""
    clips_named: int
    """Clips whose caption names the kind of every act."""
    numbers: Mapping[int, ClipCount]
    """Clips by their number of acts, gestures included."""
    pairs: Mapping[str, ClipCount]
    """Clips of two acts by their kinds in alphabetical order, such as `jump, walk`."""
    kinds: Mapping[str, KindCount]
    """Counts by kind in alphabetical order, then those of `ALL_KINDS`."""


def read_labels(path: Path, keys: Iterable[str]) -> list[tuple[KnownAct, ...]]:
    """Return the acts of the clips with the given keys from the synthesizer's `labels.jsonl`.

    Raises `InputError` if the file is not a file of labels, or lacks a clip.
    """
    labels = {}
    for where, line in read_json_lines(path):
        try:
            labels[line["name"]] = known_acts([_json_to_act(act) for act in line["acts"]])
        except (KeyError, TypeError, AttributeError) as error:
            raise no_acts(where, line, "give the labels.jsonl of the corpus") from error
    names = [clip_name(key) for key in keys]
    missing = [name for name in names if name not in labels]
    if missing:
        raise InputError(
            f"{path}: expected a label of each clip that is scored, found none of {missing[0]!r}; "
            "give the labels.jsonl of the corpus that the dataset was built from"
        )
    return [labels[name] for name in names]


def count_acts(captions: Sequence[str], acts: Sequence[Sequence[KnownAct]]) -> ActTotals:
    """Count the acts that captions describe, given one caption per clip."""
    scored = [score_acts(caption, known) for caption, known in zip(captions, acts, strict=True)]
    there = {score.kind for act_scores in scored for score in act_scores.scores}
    kinds = sorted(there.union(*(act_scores.extra for act_scores in scored)))
    return ActTotals(
        clips=len(scored),
        clips_right=sum(act_scores.right for act_scores in scored),
        clips_named=sum(all(each.named for each in clip.scores) for clip in scored),
        numbers=_count_clips((len(clip.scores), clip) for clip in scored),
        pairs=_count_clips((_pair(clip), clip) for clip in scored if len(clip.scores) == 2),
        kinds={kind: _count(scored, {kind}) for kind in kinds} | {ALL_KINDS: _count(scored, kinds)},
    )


def _pair(clip: ActScores) -> str:
    return ", ".join(sorted(score.kind for score in clip.scores))


def _count_clips(clips: Iterable[tuple[K, ActScores]]) -> dict[K, ClipCount]:
    """Count clips by a key, in the order of the keys."""
    named: dict[K, list[bool]] = {}
    for key, clip in clips:
        named.setdefault(key, []).append(all(score.named for score in clip.scores))
    return {key: ClipCount(len(each), sum(each)) for key, each in sorted(named.items())}


def _count(scored: Sequence[ActScores], kinds: Collection[str]) -> KindCount:
    scores = [each for clip in scored for each in clip.scores if each.kind in kinds]
    sides = Counter(each.side for each in scores)
    directions = Counter(each.direction for each in scores)
    return KindCount(
        acts=len(scores),
        named=sum(each.named for each in scores),
        sides=sides[True] + sides[False],
        sides_right=sides[True],
        directions=directions[True] + directions[False],
        directions_right=directions[True],
        right=sum(each.right for each in scores),
        besides=sum(kind in kinds for act_scores in scored for kind in act_scores.extra),
    )


def _json_to_act(label: Mapping[str, Any]) -> Act:
    """Return an act of a label; raises `KeyError` for an act unknown to the synthesizer."""
    values = {field.name: label[field.name] for field in fields(Act)}
    if values["gesture"] is not None:
        values["gesture"] = _json_to_act(values["gesture"])
    act = Act(**values)
    if variant(act) not in PHRASES:
        raise KeyError(act.kind)
    return act
