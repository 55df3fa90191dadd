"""Write a text that corrects the first pose of a pair into the second.

The steps are those of PoseFix's generator (Delmas et al. 2023): statements are left out at random,
equal ones of several parts are joined, and the rest is shuffled and put into templates. Its rates
are used. The templates, the limit on the number of statements, and results after changes are ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

import numpy as np

from motiondata.pose_pairs.phrases import DIRECTED, STYLES, Style, words_of
from motiondata.pose_pairs.pose_codes import PAIRED
from motiondata.pose_pairs.statements import CHANGE, PairFacts, Statement

T = TypeVar("T")

SKIP_CHANGE, SKIP_RESULT, JOIN = 0.15, 0.33, 0.95
"""PoseFix's rates of leaving out a pair code and a pose code, and of joining equal statements."""
FEWEST, MOST = 3, 8
"""A text has at most this number of changes, drawn between these."""
MOST_RESULTS = 2
"""The largest number of states of the second pose in a text."""
BOTH = 0.5
"""How often two sides are called both, such as both knees."""


@dataclass(frozen=True)
class Text:
    """A text, and what it says."""

    text: str
    style: str
    says: tuple[Statement, ...]
    """All statements of the text, sorted."""


@dataclass(frozen=True)
class _Clause:
    """Statements in one phrase: the same ones about each subject."""

    subjects: tuple[str, ...]
    about: tuple[Statement, ...]
    """The statements about the first subject."""


class Draw:
    """Random choices that depend on a seed and a key only, and not on the version of NumPy."""

    def __init__(self, seed: int, key: str) -> None:
        digest = blake2b(f"{seed}:{key}".encode(), digest_size=16).digest()
        self.generator = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))

    def happens(self, rate: float) -> bool:
        """Tell whether something happens that does so at this rate."""
        return bool(self.generator.random() < rate)

    def one_of(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[int(self.generator.random() * len(options))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in another order."""
        keys = self.generator.random(len(items))
        return [items[place] for place in np.argsort(keys, kind="stable")]


def write_text(facts: PairFacts, strengths: Mapping[str, float], style: Style, draw: Draw) -> Text:
    """Write a text in a style. Stronger changes come before weaker ones if there are many.

    `strengths` are the sizes of the changes of pair codes, by name, in any comparable unit. The
    text says that nothing changes if no pair code has a level and no state is new.
    """
    changes, results = _chosen(facts, strengths, draw)
    says = [*changes, *results]
    clauses = [*draw.shuffled(_clauses(changes, draw)), *draw.shuffled(_clauses(results, draw))]
    determiner = draw.one_of(style.determiners)
    phrases = [_phrase(clause, style, determiner, draw) for clause in clauses]
    text = draw.one_of(style.openings)
    for number, phrase in enumerate(phrases):
        text += (draw.one_of(style.links) if number else "") + phrase
    return Text(_capitalized(text, style), style.name, tuple(sorted(says)))


def write_texts(
    facts: PairFacts, strengths: Mapping[str, float], count: int, seed: int, key: str
) -> list[Text]:
    """Write texts of a pair in turn in each style; the key names the pair."""
    return [
        write_text(facts, strengths, STYLES[number % len(STYLES)], Draw(seed, f"{key}:{number}"))
        for number in range(count)
    ]


def _chosen(
    facts: PairFacts, strengths: Mapping[str, float], draw: Draw
) -> tuple[list[Statement], list[Statement]]:
    """Choose the changes and the results that a text says."""
    changes, results = facts.corrections
    kept = [each for each in changes if not draw.happens(SKIP_CHANGE)]
    kept = kept or changes[:1]
    most = draw.one_of(range(FEWEST, MOST + 1))
    kept.sort(key=lambda each: (-strengths.get(each.code, np.inf), each))
    kept = kept[:most]
    left = [each for each in draw.shuffled(results) if not draw.happens(SKIP_RESULT)]
    left = left if kept else left or results
    return kept, left[:MOST_RESULTS]


def _clauses(says: Sequence[Statement], draw: Draw) -> list[_Clause]:
    """Put directions of one part together, and then parts of which the same is said."""
    directed: dict[str, list[Statement]] = {}
    groups: list[tuple[Statement, ...]] = []
    for each in says:
        if each.kind == CHANGE and each.quantity in DIRECTED and draw.happens(JOIN):
            directed.setdefault(each.subject, []).append(each)
        else:
            groups.append((each,))
    groups += [tuple(sorted(of, key=_direction_place)) for of in directed.values()]
    clauses: dict[object, _Clause] = {}
    for number, group in enumerate(groups):
        same: object = tuple((e.kind, e.quantity, e.other, e.value) for e in group)
        if not draw.happens(JOIN) or not group[0].subject:
            same = number
        before = clauses.get(same)
        subjects = (*(before.subjects if before else ()), group[0].subject)
        clauses[same] = _Clause(subjects, before.about if before else group)
    return [*clauses.values()]


def _direction_place(statement: Statement) -> int:
    return DIRECTED.index(statement.quantity)


def _phrase(clause: _Clause, style: Style, determiner: str, draw: Draw) -> str:
    first = clause.about[0]
    names = _names(clause.subjects, determiner, draw)
    is_many = len(clause.subjects) > 1 or first.subject in PAIRED
    if first.kind == CHANGE and first.quantity in DIRECTED:
        template = draw.one_of(style.moves)
    else:
        template = draw.one_of(style.templates[first.kind, first.quantity, first.value])
    words = [style.directions[each.quantity, each.value] for each in clause.about
             if (each.quantity, each.value) in style.directions]  # fmt: skip
    slots = {
        "{parts}": _listed(names),
        "{is}": "are" if is_many else "is",
        "{det} ": determiner,
        "{directions}": style.direction_link.join(words),
        "{other}": determiner + words_of(first.other),
    }
    for slot, filling in slots.items():
        template = template.replace(slot, filling)
    return template


def _names(subjects: Sequence[str], determiner: str, draw: Draw) -> list[str]:
    """Return the names of parts with determiners; two sides of a part are named together."""
    names: list[str] = []
    for subject in subjects:
        other = _other_side(subject)
        if other and other in subjects:
            if subject.startswith("left"):
                both = draw.happens(BOTH)
                names.append(("both " if both else determiner) + words_of(subject, plural=True))
        else:
            names.append(determiner + words_of(subject))
    return names


def _other_side(subject: str) -> str:
    side, _, part = subject.partition("_")
    return {"left": f"right_{part}", "right": f"left_{part}"}.get(side, "")


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _capitalized(text: str, style: Style) -> str:
    """Return the text with capital letters at the beginnings of sentences, and its end."""
    sentences = [each[:1].upper() + each[1:] for each in (text + style.end).split(". ")]
    return ". ".join(sentences)
