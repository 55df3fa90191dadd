"""Parse a caption with the synthesizer's own phrases into acts, sides and directions.

The table of phrases is made from `PHRASES` and `MEANWHILE`, so that it agrees with the phrases of
synthetic captions. Only the words of a phrase that describe the act, its direction and its limb
count: lemmas without articles, prepositions, numbers, paces and sizes. A caption is parsed from
left to right. At each word, the parser takes the longest phrase that begins there; a word at which
no phrase begins is skipped. So `walks forward, slowly, and turns left` is a walk and a turn to the
left.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, product

from motiondata.synthesis.acts import MIRRORED, SIDES, Act
from motiondata.synthesis.language.captions import SEQUENCES, SUBJECT_NOUNS, variant
from motiondata.synthesis.language.phrases import (
    COUNTED,
    MEANWHILE,
    NUMBERS,
    PACE_ADJECTIVES,
    PACE_ADVERBS,
    PHRASES,
    SIZE_WORDS,
)
from motiondata.synthesis.language.words import LEXICON, plain
from motiondata.synthesis.repertoires import CHOICES, GESTURES, ActChoice
from pipelines.training.common.normalize_caption import normalize_caption

SIDE, DIRECTION = "SIDE", "DIRECTION"
"""Placeholders in phrases for a word of `MEANINGS`. Captions are in lower case."""
MEANINGS = {SIDE: {*SIDES, "both"}, DIRECTION: {*MIRRORED}}

_ORDINAL = re.compile(r"\{\d\}")
_SLOT = re.compile(r"\{([a-z_]+)(?:/[A-Z]+)?\}")
_SLOTS = {
    "side": SIDE,
    "direction": DIRECTION,
    "hand": f"{SIDE} hand",
    "arm": f"{SIDE} arm",
    "one_side": "side",
    **COUNTED,
}
"""The words of a slot that count. All other slots are empty."""

_IGNORED_PARTS = {"ADP", "CCONJ", "DET", "INTJ", "NUM", "PRON", "SCONJ"}
"""Parts of speech of words that do not describe an act."""
_LEMMAS = {plain(word): token.partition("/")[0] for word, token in LEXICON.items()}


@dataclass(frozen=True)
class Phrase:
    """The words of one of the synthesizer's phrases that count, and their meaning."""

    words: tuple[str, ...]
    kind: str
    """Kind of the acts that the phrase describes."""
    variant: str
    """The synthesizer's name of the variant; empty if the phrase names the kind only."""
    side: str = ""
    """The side of such acts, if all have the same side."""
    direction: str = ""

    def begins(self, words: tuple[str, ...]) -> bool:
        """Return whether `words` begins with the phrase."""
        return len(self.words) <= len(words) and all(
            found in MEANINGS.get(word, {word})
            for word, found in zip(self.words, words, strict=False)
        )

    def filled(self, words: tuple[str, ...]) -> "Phrase":
        """Return the phrase with the side and direction that `words` names."""
        meant = dict(zip(self.words, words, strict=False))
        return replace(
            self,
            side=meant.get(SIDE, self.side),
            direction=meant.get(DIRECTION, self.direction),
        )

    def always_names(self, what: str) -> bool:
        """Return whether the phrase always names `what`: `side` or `direction`."""
        return what.upper() in self.words or bool(getattr(self, what))


def read_caption(caption: str) -> tuple[Phrase, ...]:
    """Return the phrases of a caption in order, with their sides and directions."""
    words, phrases = content_words(caption), []
    while words:
        found = [phrase for phrase in _phrases_from(words[0]) if phrase.begins(words)]
        longest = max(found, key=lambda phrase: len(phrase.words), default=None)
        if longest is not None:
            phrases.append(longest.filled(words))
        words = words[len(longest.words) if longest else 1 :]
    return tuple(phrases)


def content_words(text: str) -> tuple[str, ...]:
    """Return the lemmas of the words of a text that describe an act."""
    return tuple(
        _LEMMAS.get(word, word) for word in normalize_caption(text).split() if _counts(word)
    )


def phrases_of(variant_name: str) -> tuple[Phrase, ...]:
    """Return all phrases of a variant of an act."""
    return tuple(phrase for phrase in _phrases() if phrase.variant == variant_name)


def while_variant(kind: str) -> str:
    """Return the name of the variant for phrases of a gesture after `while`."""
    return f"while {kind}"


@cache
def choosable(kind: str, what: str) -> frozenset[str]:
    """Return the sides or directions that acts of a kind can have."""
    lines = [choice for choice in (*CHOICES, *GESTURES) if choice.kind == kind]
    return frozenset(value for choice in lines for value in getattr(choice, f"{what}s"))


@cache
def _phrases() -> tuple[Phrase, ...]:
    phrases = (*_meanwhile(), *_all_variants())
    return tuple({phrase.words: phrase for phrase in (*_names(phrases), *phrases)}.values())


@cache
def _phrases_from(word: str) -> tuple[Phrase, ...]:
    return tuple(phrase for phrase in _phrases() if phrase.words[0] == word)


def _names(phrases: Iterable[Phrase]) -> Iterator[Phrase]:
    """Yield one-word phrases that name a kind.

    These are the kind's name and each word that begins phrases of this kind only.
    """
    begun: dict[str, set[str]] = {}
    for phrase in phrases:
        begun.setdefault(phrase.words[0], set()).add(phrase.kind)
    names = begun | {kind: {kind} for kinds in begun.values() for kind in kinds}
    for word, (kind, *others) in names.items():
        if not others:
            yield Phrase((word,), kind, variant="")


def _meanwhile() -> Iterator[Phrase]:
    for kind, phrases in MEANWHILE.items():
        for phrase in phrases:
            yield Phrase(_words_of(phrase), kind, while_variant(kind))


def _all_variants() -> Iterator[Phrase]:
    acts: dict[str, list[Act]] = {}
    for choice in (*CHOICES, *GESTURES):
        for act in _acts_of(choice):
            acts.setdefault(variant(act), []).append(act)
    for name, those in acts.items():
        side, direction = _only(act.side for act in those), _only(act.direction for act in those)
        for phrase in PHRASES[name]:
            yield Phrase(_words_of(phrase), those[0].kind, name, side, direction)


def _acts_of(choice: ActChoice) -> Iterator[Act]:
    for side, direction, pace, turn_deg in product(
        choice.sides, choice.directions, choice.paces, choice.turns_deg
    ):
        yield Act(choice.kind, side, direction, pace=pace, turn_deg=turn_deg)


def _only(values: Iterable[str]) -> str:
    """Return the common value if all values are equal, else an empty string."""
    found = set(values)
    return found.pop() if len(found) == 1 else ""


def _words_of(phrase: str) -> tuple[str, ...]:
    """Return the words of a phrase that count, with placeholders for side and direction slots."""
    filled = plain(_SLOT.sub(lambda slot: _SLOTS.get(slot[1], ""), phrase))
    return tuple(
        part
        for word in filled.split()
        for part in ([word] if word in MEANINGS else content_words(word))
    )


@cache
def _counts(word: str) -> bool:
    """Return whether a word describes an act. Unknown words do."""
    parts = {token.partition("/")[2] for text, token in LEXICON.items() if plain(text) == word}
    return word not in _ignored_words() and (not parts or not parts <= _IGNORED_PARTS)


@cache
def _ignored_words() -> frozenset[str]:
    """Return the words for subjects, order, pace, size and number."""
    texts = chain(
        (who for subjects in SUBJECT_NOUNS.values() for who, _ in subjects),
        (_ORDINAL.sub(" ", order) for orders in SEQUENCES.values() for order in orders),
        *PACE_ADJECTIVES.values(),
        *PACE_ADVERBS.values(),
        *(sizes.values() for sizes in SIZE_WORDS.values()),
        NUMBERS,
        ("twice", "times"),
    )
    return frozenset(word for text in texts for word in normalize_caption(plain(text)).split())
