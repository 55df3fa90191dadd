"""Statements about a pair: the facts, according to the codes of its poses, that a text may contain.

A text is a choice of statements in words. So a text can be checked: read it back into statements,
and compare these with the codes of the poses.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from motiondata.pose_pairs.pair_codes import PAIR_CODES, SUPER_PAIR_CODES
from motiondata.pose_pairs.pose_codes import (
    PAIRED,
    POSE_CODES,
    SIDES,
    SUPER_CODES,
    Code,
    Codes,
)

CHANGE, REACH, STATE, POSTURE = "change", "reach", "state", "posture"
"""What a statement is about: a pair code, a super pair code, a pose code of the second pose, or a
super-code of the second pose."""

BRANCHES = (
    ("shoulder", "elbow", "upper_arm", "forearm", "hand"),
    ("knee", "thigh", "shin", "foot"),
)
"""The parts of limbs. A part moves those after it: a joint its two bones and what is beyond."""
TRUNK = ("body", "upper_body")
"""Subjects of changes that move the torso."""


class Statement(NamedTuple):
    """One fact about a pair."""

    kind: str
    code: str
    """The name of the code, such as `left_hand.up`; of a super-code, such as `kneeling`."""
    value: int
    """The level of a change, or the category of a state; 1 for super-codes."""

    @property
    def subject(self) -> str:
        """The part of the body, such as `left_hand`; empty for a posture."""
        return "" if self.kind == POSTURE else self.code.split(".")[0]

    @property
    def quantity(self) -> str:
        """What is said of the part, such as `up`; for a posture, its name."""
        return self.code if self.kind == POSTURE else self.code.split(".")[1]

    @property
    def other(self) -> str:
        """The part that the subject is compared with; empty if there is none."""
        return [*self.code.split("."), "", ""][2]


@dataclass(frozen=True, eq=False)
class PairFacts:
    """The codes of one pair."""

    levels: Codes
    """Shaped (pair codes,)."""
    reached: Codes
    """Shaped (super pair codes,)."""
    codes: Codes
    """Pose codes of both poses, shaped (2, pose codes)."""
    supers: Codes
    """Shaped (2, super-codes)."""

    def statements(self) -> Iterator[Statement]:
        """Yield all facts that a text may contain without a contradiction."""
        yield from _said(CHANGE, PAIR_CODES, self.levels)
        yield from _holding(REACH, SUPER_PAIR_CODES, self.reached)
        yield from _said(STATE, POSE_CODES, self.codes[1])
        yield from _holding(POSTURE, SUPER_CODES, self.supers[1])

    @cached_property
    def corrections(self) -> tuple[list[Statement], list[Statement]]:
        """Return the statements that help to correct the first pose: changes, and results.

        A change is left out, and a state too, if a super pair code says both. A state of the second
        pose is a result if its part has moved and the first pose is not in that state.
        """
        stated = [*self.statements()]
        reached = [SUPER_PAIR_CODES[each.code] for each in stated if each.kind == REACH]
        surpassed = {code for change, _, state, _ in reached for code in (change, state)}
        useful = [each for each in stated if each.code not in surpassed]
        changes = [each for each in useful if each.kind in (CHANGE, REACH)]
        moved = {part for each in changes for part in parts_moved_by(each.subject)}
        is_new = {*self._new_states(moved)}
        results = [each for each in useful if each.kind in (STATE, POSTURE) and each.code in is_new]
        return changes, results

    def _new_states(self, moved: Collection[str]) -> Iterator[str]:
        """Yield the pose codes of moved parts, and the super-codes, that the first pose lacks."""
        for code, before, after in zip(POSE_CODES, *self.codes.tolist(), strict=True):
            if before != after and not {*_subjects(code.subject)}.isdisjoint(moved):
                yield code.name
        for name, before, after in zip(SUPER_CODES, *self.supers.tolist(), strict=True):
            if before < after:
                yield name


def _said(kind: str, codes: Iterable[Code], values: Codes) -> Iterator[Statement]:
    for code, value in zip(codes, values.tolist(), strict=True):
        if value in code.scale.said:
            yield Statement(kind, code.name, value)


def _holding(kind: str, names: Iterable[str], values: Codes) -> Iterator[Statement]:
    for name, holds in zip(names, values.tolist(), strict=True):
        if holds:
            yield Statement(kind, name, 1)


def parts_moved_by(subject: str) -> Iterator[str]:
    """Yield the parts that move if a part does: itself, and what is further from the torso."""
    if subject in TRUNK:
        yield from ("torso", "neck")
    for part in _subjects(subject):
        side, _, name = part.partition("_")
        for branch in BRANCHES:
            if side in SIDES and name in branch:
                yield from (f"{side}_{each}" for each in branch[branch.index(name) :])


def _subjects(subject: str) -> tuple[str, ...]:
    """Return both sides of `hands` and the like, or the subject alone."""
    part = PAIRED.get(subject)
    return tuple(f"{side}_{part}" for side in SIDES) if part else (subject,)
