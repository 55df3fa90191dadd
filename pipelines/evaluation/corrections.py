"""Texts that correct poses, checked by the codes of the pairs: how much they say, and what is true.

Scores of words cannot tell left from right well. A text of a pose pair is therefore also read back
into statements, by the patterns of the texts of `motiondata build-pose-pairs`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from motiondata.pose_pairs.pair_codes import PAIR_CODE, PAIR_CODES, SUPER_PAIR_CODES
from motiondata.pose_pairs.read_text import read_phrases
from motiondata.pose_pairs.statements import CHANGE, REACH, PairFacts, Statement


@dataclass(frozen=True)
class CorrectionTotals:
    """Counts over the texts of pairs, one per pair."""

    texts: int = 0
    phrases: int = 0
    readable: int = 0
    """Phrases in the words of the texts of the dataset."""
    said: int = 0
    """Different statements of each text."""
    true: int = 0
    """Statements that are true of the pair."""
    directed: int = 0
    """Statements about changes."""
    right_way: int = 0
    """Those whose direction is right, whether or not the size is."""
    changed: int = 0
    """Pair codes that differ from no change."""
    named: int = 0
    """Those that a true statement of the text is about."""

    def __add__(self, other: "CorrectionTotals") -> "CorrectionTotals":
        names = self.__dataclass_fields__
        return CorrectionTotals(**{
            name: getattr(self, name) + getattr(other, name) for name in names
        })  # fmt: skip


def count_corrections(texts: Sequence[str], facts: Iterable[PairFacts]) -> CorrectionTotals:
    """Return the counts of texts, of which each is about the pair with the facts beside it."""
    each = (_count(text, fact) for text, fact in zip(texts, facts, strict=True))
    return sum(each, CorrectionTotals())


def _count(text: str, facts: PairFacts) -> CorrectionTotals:
    read = read_phrases(text)
    true = read.said & {*facts.statements()}
    changes = [each for each in read.said if each.kind in (CHANGE, REACH)]
    changed = {code.name for code, level in zip(PAIR_CODES, facts.levels, strict=True) if level}
    return CorrectionTotals(
        texts=1,
        phrases=read.phrases,
        readable=read.readable,
        said=len(read.said),
        true=len(true),
        directed=len(changes),
        right_way=sum(_is_right_way(each, facts) for each in changes),
        changed=len(changed),
        named=len(changed & {_pair_code(each)[0] for each in true if each in changes}),
    )


def _is_right_way(change: Statement, facts: PairFacts) -> bool:
    """Return whether a pair changes in the direction of a statement about a change."""
    code, sign = _pair_code(change)
    return code in PAIR_CODE and bool(np.sign(facts.levels[PAIR_CODE[code]]) == sign)


def _pair_code(change: Statement) -> tuple[str, int]:
    """Return the pair code that a statement is about, and the direction that it states."""
    if change.kind == CHANGE:
        return change.code, int(np.sign(change.value))
    code, sign, _, _ = SUPER_PAIR_CODES.get(change.code, (change.code, 1, "", 0))
    return code, sign
