"""Judging a caption by the acts of its clip: are the right kinds told, sides and directions.

Every act of a clip counts, a gesture as an act of its own. Each takes, in its turn, a phrase of its
kind that no other has taken, of several the one that agrees best; the order of telling is free.

- Kind: there is such a phrase.
- Side and direction: the phrase names the act's. Where the synthesiser need not name it, the
  caption need not, and then there is nothing to judge; but no direction at all is right only in
  the act's own variant: `turns around` for a half turn to the left, not for a quarter turn, and
  `walks around in a full circle` for a circle, not `walks`.
- A walk in a bend may be told as a walk and a turn.
- Phrases that no act has taken are told besides: a caption that names all kinds is not right.

Counts, paces and sizes are not judged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from motiondata.synthesis.acts import Act
from motiondata.synthesis.language.captions import variant
from pipelines.evaluation.acts.phrase_parser import (
    Phrase,
    choosable,
    phrases_of,
    read_caption,
    while_variant,
)

Aspect = Literal["side", "direction"]
ASPECTS: tuple[Aspect, ...] = ("side", "direction")

AspectOutcome = bool | None
"""Right or wrong; None where there is nothing to judge."""


@dataclass(frozen=True)
class KnownAct:
    """An act of a clip, or the gesture of one."""

    act: Act
    is_gesture: bool = False

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants whose phrases may be said of it."""
        own = variant(self.act)
        return (own, while_variant(self.act.kind)) if self.is_gesture else (own,)

    @property
    def bends(self) -> bool:
        """Tell whether it turns on its way to a side."""
        return (
            self.act.kind != "turn"
            and self.act.direction in ("left", "right")
            and bool(self.act.turn_deg)
        )

    def is_named(self, aspect: Aspect) -> bool:
        """Tell whether all that may be said of it names its side, or its direction."""
        phrases = [phrase for name in self.variants for phrase in phrases_of(name)]
        return all(phrase.tells(aspect) for phrase in phrases)


@dataclass(frozen=True)
class ActScore:
    """What a caption says of one act."""

    kind: str
    named: bool
    side: AspectOutcome
    direction: AspectOutcome

    @property
    def right(self) -> bool:
        """Tell whether nothing is wrong."""
        return self.named and self.side is not False and self.direction is not False


@dataclass(frozen=True)
class ActScores:
    """What a caption says of a clip."""

    verdicts: tuple[ActScore, ...]
    """One for each act."""
    besides: tuple[str, ...]
    """The kinds of what it tells that is not in the clip."""

    @property
    def right(self) -> bool:
        """Tell whether it tells every act rightly, and nothing besides."""
        return not self.besides and all(verdict.right for verdict in self.verdicts)


def known_acts(acts: Iterable[Act]) -> tuple[KnownAct, ...]:
    """Return the acts of a clip, each followed by its gesture."""
    known: list[KnownAct] = []
    for act in acts:
        known.append(KnownAct(act))
        if act.gesture is not None:
            known.append(KnownAct(act.gesture, is_gesture=True))
    return tuple(known)


def score_acts(caption: str, acts: Sequence[KnownAct]) -> ActScores:
    """Return what a caption says of a clip with these acts."""
    left = list(read_caption(caption))
    verdicts = [_verdict(known, _take(left, known), left) for known in acts]
    return ActScores(tuple(verdicts), tuple(phrase.kind for phrase in left))


def _take(left: list[Phrase], known: KnownAct) -> Phrase | None:
    """Take the phrase out of those left that is of the act's kind and agrees best."""
    of_kind = [phrase for phrase in left if phrase.kind == known.act.kind]
    if not of_kind:
        return None
    best = max(of_kind, key=lambda phrase: sum(_agrees(phrase, known, what) for what in ASPECTS))
    left.remove(best)
    return best


def _verdict(known: KnownAct, phrase: Phrase | None, left: list[Phrase]) -> ActScore:
    side, direction = (_outcome(phrase, known, aspect) for aspect in ASPECTS)
    if phrase is not None and direction is False and known.bends:
        direction = _take_turn(left, known.act.direction)
    return ActScore(known.act.kind, phrase is not None, side, direction)


def _outcome(phrase: Phrase | None, known: KnownAct, aspect: Aspect) -> AspectOutcome:
    if len(choosable(known.act.kind, aspect)) == 1:
        return None
    if phrase is not None and getattr(phrase, aspect):
        return _agrees(phrase, known, aspect)
    needless = phrase is None or aspect == "side" or phrase.variant in known.variants
    return None if needless and not known.is_named(aspect) else False


def _agrees(phrase: Phrase, known: KnownAct, aspect: Aspect) -> bool:
    said = getattr(phrase, aspect)
    return bool(said == getattr(known.act, aspect) if said else phrase.variant in known.variants)


def _take_turn(left: list[Phrase], direction: str) -> bool:
    """Take a turn to a side out of the phrases left, and tell whether there was one."""
    turns = [phrase for phrase in left if (phrase.kind, phrase.direction) == ("turn", direction)]
    if turns:
        left.remove(turns[0])
    return bool(turns)
