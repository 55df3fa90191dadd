"""Codes of an edited pose against what a text asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.pose_pairs.pair_codes import PAIR_CODE, SUPER_PAIR_CODES, PairCodes, pair_codes
from motiondata.pose_pairs.pose_codes import POSE_CODE, SUPER_CODES, Codes, pose_codes, super_codes
from motiondata.pose_pairs.postures import Headings, Postures
from motiondata.pose_pairs.statements import CHANGE, REACH, STATE, Statement

Floats = NDArray[np.float64]

REACHED = {name: number for number, name in enumerate(SUPER_PAIR_CODES)}
SUPER_CODE = {name: number for number, name in enumerate(SUPER_CODES)}


@dataclass(frozen=True, eq=False)
class EditCodes:
    """The codes of edits; arrays shaped (edits, codes)."""

    pairs: PairCodes
    codes: Codes
    """Pose codes of the edited poses."""
    supers: Codes

    @classmethod
    def of(
        cls,
        first: NDArray[np.floating],
        edited: NDArray[np.floating],
        in_sequence: NDArray[np.bool_],
        shaped: ShapedBody,
    ) -> "EditCodes":
        """Return the codes of poses (edits, 22, 3), radians, given the poses before.

        A change of heading counts only in pairs in sequence: texts of others say nothing of it.
        """
        before, _ = _upright(first, shaped)
        after, headings = _upright(edited, shaped)
        codes = pose_codes(after)
        turns = np.where(in_sequence, np.degrees(headings), 0.0)
        return cls(pair_codes(before, after, codes, turns), codes, super_codes(codes))

    def value(self, number: int, statement: Statement) -> int:
        """Return what the codes of an edit say where a statement says its value."""
        if statement.kind == CHANGE:
            return int(self.pairs.levels[number, PAIR_CODE[statement.code]])
        if statement.kind == REACH:
            return int(self.pairs.reached[number, REACHED[statement.code]])
        if statement.kind == STATE:
            return int(self.codes[number, POSE_CODE[statement.code]])
        return int(self.supers[number, SUPER_CODE[statement.code]])


@dataclass(frozen=True)
class Fulfilled:
    """Shares of the statements of texts that hold after an edit; None without statements."""

    exactly: float | None
    """The code has the value that the text says."""
    in_direction: float | None
    """The same, but a change need only have the sign that the text says."""


def fulfilled(codes: EditCodes, says: Sequence[Sequence[Statement]]) -> Fulfilled:
    """Return the shares over all statements of the texts of edits."""
    exact, near = [], []
    for number, statements in enumerate(says):
        for each in statements:
            found = codes.value(number, each)
            exact.append(found == each.value)
            same_sign = each.kind == CHANGE and found * each.value > 0
            near.append(same_sign or found == each.value)
    if not exact:
        return Fulfilled(None, None)
    return Fulfilled(float(np.mean(exact)), float(np.mean(near)))


def _upright(poses: NDArray[np.floating], shaped: ShapedBody) -> tuple[Postures, Floats]:
    """Return poses without heading, and the headings in radians."""
    pose = poses.astype(np.float64)
    headings = Headings.of(pose[:, 0])
    pose[:, 0] = headings.remove_from_roots(pose[:, 0])
    return Postures.of(shaped, pose), headings.angles
