"""Score a caption against the acts of its clip: kinds, sides and directions.

Every act of a clip counts, and a gesture counts as a separate act. The acts are matched in turn:
each takes an unused phrase of its kind, the one that agrees best if there are several. The order
of the phrases does not matter.

- Kind: correct if there is such a phrase.
- Side and direction: correct if the phrase names the act's side or direction. If the synthesizer
  may omit it, the caption may omit it too, and it is not scored. A missing direction is accepted
  only in a phrase of the act's own variant: `turns around` for a half turn to the left, but not
  for a quarter turn; `walks around in a full circle` for a circle, but not `walks`.
- A walk along a bend may be described as a walk and a turn.
- Unused phrases are extra: a caption that names all kinds is not correct.

Counts, paces and sizes are not scored.
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
"""True if correct, False if wrong, None if not scored."""


@dataclass(frozen=True)
class KnownAct:
    """An act of a clip, or the gesture of an act."""

    act: Act
    is_gesture: bool = False

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants whose phrases may describe the act."""
        own = variant(self.act)
        return (own, while_variant(self.act.kind)) if self.is_gesture else (own,)

    @property
    def bends(self) -> bool:
        """Return whether the act turns while it moves to a side."""
        return (
            self.act.kind != "turn"
            and self.act.direction in ("left", "right")
            and bool(self.act.turn_deg)
        )

    def is_named(self, aspect: Aspect) -> bool:
        """Return whether every phrase for the act names its side or direction."""
        phrases = [phrase for name in self.variants for phrase in phrases_of(name)]
        return all(phrase.always_names(aspect) for phrase in phrases)


@dataclass(frozen=True)
class ActScore:
    """The score of a caption for one act."""

    kind: str
    named: bool
    side: AspectOutcome
    direction: AspectOutcome

    @property
    def right(self) -> bool:
        """Return whether the kind is named and neither side nor direction is wrong."""
        return self.named and self.side is not False and self.direction is not False


@dataclass(frozen=True)
class ActScores:
    """The scores of a caption for one clip."""

    scores: tuple[ActScore, ...]
    """One score per act."""
    extra: tuple[str, ...]
    """Kinds of the acts that the caption names but the clip does not contain."""

    @property
    def right(self) -> bool:
        """Return whether the caption describes every act correctly, and no other act."""
        return not self.extra and all(score.right for score in self.scores)


def known_acts(acts: Iterable[Act]) -> tuple[KnownAct, ...]:
    """Return the acts of a clip, each followed by its gesture."""
    known: list[KnownAct] = []
    for act in acts:
        known.append(KnownAct(act))
        if act.gesture is not None:
            known.append(KnownAct(act.gesture, is_gesture=True))
    return tuple(known)


def score_acts(caption: str, acts: Sequence[KnownAct]) -> ActScores:
    """Score a caption against the acts of its clip."""
    left = list(read_caption(caption))
    scores = [_act_score(known, _take(left, known), left) for known in acts]
    return ActScores(tuple(scores), tuple(phrase.kind for phrase in left))


def _take(left: list[Phrase], known: KnownAct) -> Phrase | None:
    """Remove from `left` the phrase of the act's kind that agrees best, and return it."""
    of_kind = [phrase for phrase in left if phrase.kind == known.act.kind]
    if not of_kind:
        return None
    best = max(of_kind, key=lambda phrase: sum(_agrees(phrase, known, what) for what in ASPECTS))
    left.remove(best)
    return best


def _act_score(known: KnownAct, phrase: Phrase | None, left: list[Phrase]) -> ActScore:
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
    named = getattr(phrase, aspect)
    return bool(named == getattr(known.act, aspect) if named else phrase.variant in known.variants)


def _take_turn(left: list[Phrase], direction: str) -> bool:
    """Remove a turn to a side from the phrases left; return whether there was one."""
    turns = [phrase for phrase in left if (phrase.kind, phrase.direction) == ("turn", direction)]
    if turns:
        left.remove(turns[0])
    return bool(turns)
