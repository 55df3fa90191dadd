"""Joined motions: training clips one after another, with their captions as one sentence.

A model that sees few combinations of acts learns the combinations by heart: it names one act of a
new pair and ends. Joined clips show each act before and after many others. Labels of the acts keep
the promise of a split by pairs of acts: only acts are joined that some training clip has together.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain, combinations
from pathlib import Path
from random import Random

from motiondata.errors import InputError
from motiondata.json_lines import no_acts, read_json_lines
from pipelines.clips.keys import clip_name
from pipelines.training.language.instructions import CaptionedMotion

MOST_PARTS = 3
"""Maximum number of clips that are joined."""
TRIES = 8
"""Number of random clips of a batch that are tried as the next part."""
NO_LABELS = "omit --labels, and any clips are joined"
"""What to do with clips whose acts are not known."""
LINKS = (", then ", " and then ", ", and then ", ", and finally ")

SUBJECT = re.compile(
    r"^(?:(?:an?|the) (?:man|woman|person|human|figure|character)|someone|somebody|he|she|they) ",
    re.IGNORECASE,
)
"""The person of a caption, at its beginning."""
_POSSESSIVE = re.compile(r"\b(?:his|her|their)\b")

Pair = frozenset[str]


@dataclass(frozen=True)
class KnownPairs:
    """The kinds of acts of training clips, and the pairs of kinds that are in one clip."""

    kinds: Mapping[str, frozenset[str]]
    """Kinds of acts by the name of a clip."""
    pairs: frozenset[Pair]

    @property
    def names(self) -> list[str]:
        """The pairs as text, in alphabetical order."""
        return sorted(" ".join(sorted(pair)) for pair in self.pairs)

    def allow(self, keys: Iterable[str]) -> bool:
        """Return whether clips differ in their acts, and training clips have these together.

        An act that follows one of the same kind teaches a model to name an act twice.
        """
        of_clips = [self.kinds[clip_name(key)] for key in keys]
        kinds = frozenset().union(*of_clips)
        differ = len(kinds) == sum(map(len, of_clips))
        return differ and all(frozenset(pair) in self.pairs for pair in combinations(kinds, 2))


def read_pairs(labels: Path, keys: Iterable[str]) -> KnownPairs:
    """Return the acts of the training clips with the given keys, from `labels.jsonl` of a corpus.

    Raises `InputError` if the file is not a file of labels, or lacks a clip.
    """
    found: dict[str, frozenset[str]] = {}
    for where, line in read_json_lines(labels):
        try:
            acts = [act for each in line["acts"] for act in (each, each["gesture"]) if act]
            found[line["name"]] = frozenset(str(act["kind"]) for act in acts)
        except (KeyError, TypeError) as error:
            raise no_acts(where, line, NO_LABELS) from error
    names = [clip_name(key) for key in keys]
    if missing := [name for name in names if name not in found]:
        raise InputError(f"{labels}: expected a label of each training clip, none of {missing[0]}")
    kinds = {name: found[name] for name in names}
    pairs = (frozenset(pair) for each in kinds.values() for pair in combinations(each, 2))
    return KnownPairs(kinds, frozenset(pairs))


@dataclass(frozen=True)
class Joiner:
    """Joins motions of a batch."""

    share: float
    """Probability that another motion follows, for each part but the last that is possible."""
    longest: int
    """Maximum number of tokens of a joined motion."""
    pairs: KnownPairs | None
    """Which clips may be joined; None: all."""

    def join(
        self, motions: Sequence[CaptionedMotion], keys: Sequence[str], randoms: Sequence[Random]
    ) -> list[CaptionedMotion]:
        """Return the motions of a batch, each with a chance of being followed by others."""
        if not self.share:
            return [*motions]
        return [self._extended(k, motions, keys, random) for k, random in enumerate(randoms)]

    def parts(
        self, first: int, lengths: Sequence[int], keys: Sequence[str], random: Random
    ) -> list[int]:
        """Return the numbers of the clips of a batch that follow each other, beginning with one.

        `lengths` are those of the clips of the batch, in tokens or frames.
        """
        parts = [first]
        while len(parts) < MOST_PARTS and random.random() < self.share:
            others = [k for k in range(len(lengths)) if k not in parts]
            tried = random.sample(others, min(TRIES, len(others)))
            fitting = (k for k in tried if self._fits([*parts, k], lengths, keys))
            if (chosen := next(fitting, None)) is None:
                break
            parts.append(chosen)
        return parts

    def _extended(
        self, first: int, motions: Sequence[CaptionedMotion], keys: Sequence[str], random: Random
    ) -> CaptionedMotion:
        lengths = [motion.tokens for motion in motions]
        parts = self.parts(first, lengths, keys, random)
        return join_motions([motions[k] for k in parts], random)

    def _fits(self, parts: Sequence[int], lengths: Sequence[int], keys: Sequence[str]) -> bool:
        """Return whether parts are short enough together, and allowed together."""
        if sum(lengths[k] for k in parts) > self.longest:
            return False
        return self.pairs is None or self.pairs.allow(keys[k] for k in parts)


def join_motions(parts: Sequence[CaptionedMotion], random: Random) -> CaptionedMotion:
    """Return motions as one that follow each other, with one caption."""
    return CaptionedMotion(
        tuple(chain.from_iterable(part.codes for part in parts)),
        link_captions([part.caption for part in parts], random),
        sum(part.frames for part in parts),
        parts[0].fps,
        parts[0].stages,
    )


def link_captions(captions: Sequence[str], random: Random) -> str:
    """Return captions as one sentence, linked by random words."""
    return reduce(lambda one, next_: join_captions(one, next_, random.choice(LINKS)), captions)


def join_captions(first: str, second: str, link: str) -> str:
    """Return two captions as one sentence about the person of the first.

    >>> join_captions("A man waves his hand.", "the woman lifts her arm.", ", then ")
    'A man waves his hand, then lifts his arm.'
    """
    rest = SUBJECT.sub("", second).removeprefix("first ")
    if owner := _POSSESSIVE.search(first):
        rest = _POSSESSIVE.sub(owner[0], rest)
    return f"{first.removesuffix('.')}{link}{rest}"
