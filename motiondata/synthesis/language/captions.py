"""Generate captions in HumanML3D's format: sentences that describe the acts of a clip.

The sentences are filled in from the acts, so that captions agree with the motion. The captions of a
mirrored clip use the same phrases with the mirrored acts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motiondata.synthesis.acts import SIDES, Act
from motiondata.synthesis.generators import one_of
from motiondata.synthesis.language.phrases import (
    COUNTED,
    MEANWHILE,
    NUMBERS,
    PACE_ADJECTIVES,
    PACE_ADVERBS,
    PHRASES,
    SIZE_WORDS,
)
from motiondata.synthesis.language.words import plain, tokens_of

CAPTIONS_PER_CLIP = 3
"""Maximum number of captions of the whole clip; HumanML3D has three per clip on average."""

SUBJECT_NOUNS = {
    "male": (("a man", "his"), ("the man", "his"), ("a person", "their"), ("someone", "their")),
    "female": (("a woman", "her"), ("the woman", "her"), ("a person", "their")),
    "neutral": (("a person", "their"), ("the person", "their"), ("someone", "their")),
}
"""Subject nouns by gender, each with its possessive pronoun."""

SEQUENCES = {
    1: ("{0}",),
    2: ("{0}, then {1}", "{0} and then {1}", "first {0} and then {1}"),
    3: (
        "{0}, then {1}, and finally {2}",
        "{0}, {1}, and then {2}",
        "first {0}, then {1}, then {2}",
    ),
}
"""Templates for a sequence of acts, by the number of acts."""

_SLOT = re.compile(r"\{([a-z_]+)(/[A-Z]+)?\}")


@dataclass(frozen=True)
class CaptionSpan:
    """The subject of a caption: consecutive acts and their time span in the clip.

    Start 0 and end 0 mean the whole clip.
    """

    acts: tuple[Act, ...]
    start_seconds: float = 0.0
    end_seconds: float = 0.0

    def mirrored(self) -> "CaptionSpan":
        """Return the span with mirrored acts."""
        acts = tuple(act.mirrored() for act in self.acts)
        return CaptionSpan(acts, self.start_seconds, self.end_seconds)


def caption_lines(
    spans: Sequence[CaptionSpan], gender: str, rng: np.random.Generator
) -> tuple[str, ...]:
    """Return captions of a clip as lines in HumanML3D's format `caption#token/POS ...#start#end`.

    The first of `spans` is the whole clip and gets up to `CAPTIONS_PER_CLIP` different captions;
    each of the others gets one.
    """
    whole = (_line(spans[0], gender, rng) for _ in range(2 * CAPTIONS_PER_CLIP))
    lines = list(dict.fromkeys(whole))[:CAPTIONS_PER_CLIP]
    return (*lines, *(_line(span, gender, rng) for span in spans[1:]))


def _line(span: CaptionSpan, gender: str, rng: np.random.Generator) -> str:
    sentence = _sentence(span.acts, gender, rng)
    seconds = f"{span.start_seconds}#{span.end_seconds}"
    return f"{plain(sentence)}.#{tokens_of(sentence)}#{seconds}"


def _sentence(acts: Sequence[Act], gender: str, rng: np.random.Generator) -> str:
    """Return a tagged sentence about consecutive acts, without the final period."""
    who, his = one_of(rng, SUBJECT_NOUNS[gender])
    phrases = [_phrase(act, his, rng) for act in acts]
    return f"{who} {one_of(rng, SEQUENCES[len(acts)]).format(*phrases)}"


def _phrase(act: Act, his: str, rng: np.random.Generator) -> str:
    """Return a tagged phrase about an act and its gesture."""
    phrase = _filled(one_of(rng, PHRASES[variant(act)]), act, his, rng)
    if act.gesture is None:
        return phrase
    link, phrases = one_of(
        rng, (("and", PHRASES[variant(act.gesture)]), ("while", MEANWHILE[act.gesture.kind]))
    )
    return f"{phrase} {link} {_filled(one_of(rng, phrases), act.gesture, his, rng)}"


def variant(act: Act) -> str:
    """Return the key of `PHRASES` that applies to an act."""
    if act.kind in ("walk", "run") and act.turn_deg:
        return f"{act.kind} {'circle' if act.direction.endswith('clockwise') else 'bend'}"
    if act.kind == "run" and act.pace == "slow":
        return "run slow"
    if act.kind == "turn":
        return f"turn {abs(act.turn_deg)}"
    if act.kind == "punch" and act.side == "both":
        return "punch both"
    detailed = f"{act.kind} {act.direction}"
    return detailed if detailed in PHRASES else act.kind


def _filled(phrase: str, act: Act, his: str, rng: np.random.Generator) -> str:
    """Fill the slots of a phrase with the words for an act."""
    words = _words(act, his, rng)

    def word(slot: re.Match[str]) -> str:
        return words[slot[1]] + (slot[2] or "" if words[slot[1]] else "")

    return " ".join(_SLOT.sub(word, phrase).split())


def _words(act: Act, his: str, rng: np.random.Generator) -> dict[str, str]:
    """Return the word for each slot; empty if the slot does not apply."""
    one = act.count == 1
    few = ("", "", "twice")
    return {
        "n": one_of(rng, ("one", "a")) if one else NUMBERS[act.count - 1],
        "times": few[act.count] if act.count < len(few) else f"{NUMBERS[act.count - 1]} times",
        "quick": one_of(rng, PACE_ADJECTIVES.get(act.pace, ("",))),
        "quickly": PACE_ADVERBS.get(act.pace, ("",))[0],
        "fast": one_of(rng, PACE_ADVERBS.get(act.pace, ("",))),
        "side": act.side,
        "direction": act.direction,
        "his": his,
        **{slot: _limb(act.side, his, slot) for slot in ("hand", "arm")},
        "one_side": "side" if act.side in SIDES else "sides",
        "them": "it" if act.side in SIDES else "them",
        **{slot: words.get(act.size, "") for slot, words in SIZE_WORDS.items()},
        **{slot: single if one else slot for slot, single in COUNTED.items()},
    }


def _limb(side: str, his: str, limb: str) -> str:
    return f"{his} {side} {limb}" if side in SIDES else f"both {limb}s"
