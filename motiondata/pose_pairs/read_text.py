"""Read a text of a pair back into statements, to check it against the codes of the poses.

The patterns are made of the templates of `phrases`. A text in other words, such as that of a model,
may not be readable.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from motiondata.pose_pairs.pair_codes import PAIR_CODES, SUPER_PAIR_CODES
from motiondata.pose_pairs.phrases import STYLES, Style, words_of
from motiondata.pose_pairs.pose_codes import LIMBS, PAIRED, POSE_CODES, SIDES
from motiondata.pose_pairs.statements import CHANGE, POSTURE, PairFacts, Statement

MOVE = "move"
"""The kind of a pattern of changes of place."""


class NotReadableError(ValueError):
    """Raised for a text that is not in the words of a style."""


@dataclass(frozen=True)
class _Pattern:
    """A pattern of one template, and what it says."""

    kind: str
    quantity: str
    value: int


@dataclass(frozen=True, eq=False)
class _Grammar:
    style: Style
    phrase: re.Pattern[str]
    patterns: tuple[_Pattern, ...]
    link: re.Pattern[str]
    opening: re.Pattern[str]
    directions: dict[str, tuple[str, int]]


@dataclass(frozen=True)
class ReadPhrases:
    """What the phrases of a text say."""

    said: frozenset[Statement]
    phrases: int
    """The number of phrases."""
    readable: int
    """The number of those in the words of the style."""


_Phrase = tuple[str, list[Statement] | None]
"""Words that begin with a phrase, and what the phrase says; None if it cannot be read."""


def read_text(text: str, style: str | None = None) -> frozenset[Statement]:
    """Return the statements of a text, in the style of that name or in any style.

    Raises `NotReadableError` if the text is in the words of none.
    """
    error = NotReadableError(
        f"unknown style {style!r}; choose one of {[each.name for each in STYLES]}"
    )
    for each in STYLES:
        if style in (None, each.name):
            try:
                return frozenset(_read(text, _grammar(each)))
            except NotReadableError as failed:
                error = failed
    raise error


def contradictions(text: str, facts: PairFacts, style: str | None = None) -> list[Statement]:
    """Return the statements of a text that are not true of a pair.

    Raises `NotReadableError` as `read_text` does.
    """
    return sorted(read_text(text, style) - {*facts.statements()})


def read_phrases(text: str) -> ReadPhrases:
    """Return what the phrases of a text say, also if only some are in the words of a style.

    The style is the one in which most phrases can be read. Texts of models are read in this way.
    """
    read = [[*_phrases(text, _grammar(style))] for style in STYLES]
    phrases = max(read, key=lambda each: _readable(each) / len(each))
    said = frozenset(each for _, found in phrases if found for each in found)
    return ReadPhrases(said, len(phrases), _readable(phrases))


def _readable(phrases: Sequence[_Phrase]) -> int:
    return sum(found is not None for _, found in phrases)


def _read(text: str, grammar: _Grammar) -> Iterator[Statement]:
    for words, said in _phrases(text, grammar):
        if said is None:
            raise NotReadableError(f"expected a phrase at {words[:40]!r} of {text!r}")
        yield from said


def _phrases(text: str, grammar: _Grammar) -> Iterator[_Phrase]:
    """Yield each phrase, which begins the words it comes with, and what it says.

    A phrase that cannot be read ends at the next link.
    """
    words = text.lower()
    if grammar.style.end and words.endswith(grammar.style.end):
        words = words[: -len(grammar.style.end)]
    opening = grammar.opening.match(words)
    place = opening.end() if opening else 0
    while True:
        found = grammar.phrase.match(words, place)
        said = None if found is None else [*_statements(found, grammar)]
        yield words[place:], said
        link = grammar.link.search(words, place if found is None else found.end())
        if link is None:
            return
        place = link.end()


def _statements(found: re.Match[str], grammar: _Grammar) -> Iterator[Statement]:
    groups = {name: value for name, value in found.groupdict().items() if value is not None}
    number = next(int(name[1:]) for name in groups if name.startswith("t"))
    pattern = grammar.patterns[number]
    other = _part_of(groups.get(f"o{number}", ""))
    subjects = [*_subjects(groups.get(f"p{number}", ""), pattern)]
    if pattern.kind == POSTURE:
        yield Statement(POSTURE, pattern.quantity, 1)
    elif pattern.kind == MOVE:
        for words in groups[f"d{number}"].split(grammar.style.direction_link):
            quantity, value = grammar.directions[words]
            yield from (Statement(CHANGE, f"{each}.{quantity}", value) for each in subjects)
    else:
        ending = f"{pattern.quantity}.{other}" if other else pattern.quantity
        named = subjects or [_subject_of(pattern.quantity)]
        for subject in named:
            yield Statement(pattern.kind, f"{subject}.{ending}", pattern.value)


@cache
def _subject_of(quantity: str) -> str:
    """Return the only subject that a quantity has, such as `head` of `nod`."""
    return next(code.subject for code in PAIR_CODES if code.quantity == quantity)


PAIRWISE = {
    *(code.name.split(".")[1] for code in (*PAIR_CODES, *POSE_CODES) if code.subject in PAIRED),
    *(name.split(".")[1] for name in SUPER_PAIR_CODES if name.split(".")[0] in PAIRED),
}
"""The quantities of both sides together, such as the distance of the hands."""
PLURAL = {
    words_of(f"left_{part}", plural=True): part for part in (*PAIRED.values(), *LIMBS, "shoulder")
}
"""The parts by their plurals."""


def _subjects(words: str, pattern: _Pattern) -> Iterator[str]:
    """Yield the parts of a list in words."""
    for name in re.split(", | and ", words) if words else ():
        plain = re.sub("^(your|the|their|both) ", "", name)
        if plain in PLURAL and pattern.quantity in PAIRWISE:
            yield plain
        elif plain in PLURAL:
            yield from (f"{side}_{PLURAL[plain]}" for side in SIDES)
        else:
            yield _part_of(plain)


def _part_of(words: str) -> str:
    return re.sub("^(your|the|their) ", "", words).replace(" ", "_")


@cache
def _grammar(style: Style) -> _Grammar:
    patterns: list[_Pattern] = []
    expressions: list[str] = []
    for (kind, quantity, value), templates in style.templates.items():
        for template in templates:
            expressions.append(_expression(template, len(patterns), style))
            patterns.append(_Pattern(kind, quantity, value))
    for template in style.moves:
        expressions.append(_expression(template, len(patterns), style))
        patterns.append(_Pattern(MOVE, "", 0))
    links = "|".join(re.escape(each) for each in dict.fromkeys(style.links))
    openings = "|".join(re.escape(each.lower()) for each in dict.fromkeys(style.openings) if each)
    return _Grammar(
        style,
        re.compile(f"(?:{'|'.join(expressions)})(?=$|{links})"),
        tuple(patterns),
        re.compile(links),
        re.compile(openings or "(?!)"),
        {words: key for key, words in style.directions.items()},
    )


def _expression(template: str, number: int, style: Style) -> str:
    determiner = "|".join(re.escape(each) for each in dict.fromkeys(style.determiners))
    single = "|".join(sorted(map(words_of, _parts()), key=len, reverse=True))
    plural = "|".join(sorted(PLURAL, key=len, reverse=True))
    part = f"(?:(?:{determiner})(?:{single})|(?:both |{determiner})(?:{plural}))"
    way = "|".join(sorted(map(re.escape, style.directions.values()), key=len, reverse=True))
    link = re.escape(style.direction_link)
    slots = {
        r"\{parts\}": f"(?P<p{number}>{part}(?:, {part})*(?: and {part})?)",
        r"\{is\}": "(?:is|are)",
        r"\{det\}\ ": f"(?:{determiner})",
        r"\{directions\}": f"(?P<d{number}>(?:{way})(?:{link}(?:{way}))*)",
        r"\{other\}": f"(?P<o{number}>(?:{determiner})(?:{single}))",
    }
    expression = re.escape(template)
    for slot, filling in slots.items():
        expression = expression.replace(slot, filling)
    return f"(?P<t{number}>{expression})"


def _parts() -> Iterator[str]:
    """Yield the names of all parts that texts name in the singular."""
    yield from dict.fromkeys(
        [
            *(code.subject for code in (*PAIR_CODES, *POSE_CODES)),
            *(code.name.split(".")[2] for code in POSE_CODES if code.name.count(".") == 2),
        ]
    )
