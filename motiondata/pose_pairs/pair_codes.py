"""Pair codes: by how much the second pose of a pair differs from the first, in levels.

A code is named by its subject and its quantity, such as `left_hand.up`. Its level is 0 if the
change does not count, and negative for a decrease. Joint sets and thresholds are those of PoseFix
(Delmas et al. 2023). Super pair codes are conjunctions with the pose codes of the second pose.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.pose_pairs import measures, scales
from motiondata.pose_pairs.measures import FRONT, LEFT, UP, Measure, evaluate
from motiondata.pose_pairs.pose_codes import BENDING, PAIRED, POSE_CODE, SIDES, Code, Codes
from motiondata.pose_pairs.postures import Postures
from motiondata.pose_pairs.scales import to_levels

Floats = NDArray[np.float64]

PLACED = {
    "shoulder": (UP, FRONT),
    **dict.fromkeys(("elbow", "hand", "knee", "foot"), (LEFT, UP, FRONT)),
}
"""The directions in which each part moves, relative to the pelvis."""
BACK = ("spine1", "spine2", "spine3")
NECK = ("neck", "head")
HEADING = "body.heading"
"""The change of heading, which only pairs of one sequence have; it is not measured of a posture."""


def _angles() -> Iterator[Code]:
    for side in SIDES:
        for part, points in BENDING.items():
            at = tuple(f"{side}_{point}" for point in points)
            yield Code(f"{side}_{part}.angle", Measure(measures.ANGLE, at), scales.ANGLE_CHANGE)


def _distances() -> Iterator[Code]:
    for both, part in PAIRED.items():
        at = (f"left_{part}", f"right_{part}")
        yield Code(f"{both}.apart", Measure(measures.DISTANCE, at), scales.DISTANCE_CHANGE)
    for side in SIDES:
        for part in PAIRED.values():
            at = (f"{side}_{part}", "torso")
            yield Code(
                f"{side}_{part}.torso", Measure(measures.DISTANCE, at), scales.DISTANCE_CHANGE
            )


def _places() -> Iterator[Code]:
    for side in SIDES:
        for part, axes in PLACED.items():
            for axis in axes:
                name = f"{side}_{part}"
                measure = Measure(measures.OFFSET, (name, "pelvis"), axis)
                yield Code(f"{name}.{axis}", measure, scales.PLACE_CHANGE)


def _inclines() -> Iterator[Code]:
    back = ("pelvis", "neck")
    yield Code("body.lean_front", Measure(measures.LEAN, back, FRONT), scales.LEAN_CHANGE)
    yield Code("body.lean_left", Measure(measures.LEAN, back, LEFT), scales.LEAN_CHANGE)
    yield Code("upper_body.twist", Measure(measures.FACING, BACK, LEFT), scales.TWIST_CHANGE)
    yield Code("head.nod", Measure(measures.FACING, NECK, UP), scales.NOD_CHANGE)
    yield Code("head.turn", Measure(measures.FACING, NECK, LEFT), scales.TWIST_CHANGE)


MEASURED = (*_angles(), *_distances(), *_places(), *_inclines())
"""The pair codes that are differences of measures of postures."""
PAIR_CODES = (*MEASURED, Code(HEADING, Measure("", ()), scales.HEADING_CHANGE))
"""All pair codes, in the order in which they are stored."""
PAIR_CODE = {code.name: number for number, code in enumerate(PAIR_CODES)}

Reached = tuple[str, int, str, int]
"""A pair code, the sign of its level, a pose code of the second pose, and its category."""
SUPER_PAIR_CODES: dict[str, Reached] = {
    **{
        f"{side}_{part}.straighten": (f"{side}_{part}.angle", 1, f"{side}_{part}.bend", 5)
        for side in SIDES
        for part in BENDING
    },
    **{f"{both}.join": (f"{both}.apart", -1, f"{both}.spread", 0) for both in PAIRED},
    **{f"{both}.part": (f"{both}.apart", 1, f"{both}.spread", 3) for both in PAIRED},
}
"""Changes that reach a state: straightened, brought together, spread wide."""


@dataclass(frozen=True, eq=False)
class PairCodes:
    """What differs between the poses of pairs."""

    changes: NDArray[np.float32]
    """The second pose minus the first, shaped (pairs, pair codes), in the units of the scales."""
    levels: Codes
    """Shaped (pairs, pair codes)."""
    reached: Codes
    """Whether each super pair code holds, 0 or 1, shaped (pairs, super pair codes)."""


def pair_codes(first: Postures, second: Postures, codes_b: Codes, turns_deg: Floats) -> PairCodes:
    """Return the codes of pairs of postures.

    `codes_b` are the pose codes of the second poses. `turns_deg` are the changes of heading, shaped
    (pairs,), degrees, counterclockwise from above; 0 for pairs without one.
    """
    each = [code.measure for code in MEASURED]
    changes = evaluate(each, second) - evaluate(each, first)
    for number, code in enumerate(MEASURED):
        if code.measure.kind in (measures.LEAN, measures.FACING):
            changes[:, number] = wrapped(changes[:, number])
    # Rounded as stored, so that the stored changes have the stored levels.
    stored = np.column_stack([changes, turns_deg]).astype(np.float32)
    levels = np.stack(
        [
            to_levels(stored[:, number].astype(np.float64), code.scale)
            for number, code in enumerate(PAIR_CODES)
        ],
        axis=1,
    )
    return PairCodes(stored, levels, reached_codes(levels, codes_b))


def wrapped(degrees: Floats) -> Floats:
    """Return equal angles from -180 to 180 degrees."""
    return degrees - 360.0 * np.floor((degrees + 180.0) / 360.0)


def reached_codes(levels: Codes, codes_b: Codes) -> Codes:
    """Return whether each super pair code holds, 0 or 1, shaped (pairs, super pair codes).

    `levels` are those of the pair codes, (pairs, pair codes), and `codes_b` the pose codes of the
    second poses, (pairs, pose codes).
    """
    held = [
        (np.sign(levels[:, PAIR_CODE[change]]) == sign) & (codes_b[:, POSE_CODE[state]] == category)
        for change, sign, state, category in SUPER_PAIR_CODES.values()
    ]
    return np.stack(held, axis=1).astype(np.int8)
