"""Pose codes: what a posture is, in categories, and super-codes, which are conjunctions of them.

A code is named by its subject and its quantity, such as `left_knee.bend` and
`left_hand.up.neck`, the height of the left hand over the neck. Quantities and thresholds are those
of PoseScript (Delmas et al. 2022); the choice of points, and the super-codes, are our own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.pose_pairs import measures, scales
from motiondata.pose_pairs.measures import FRONT, LEFT, UP, Measure, evaluate
from motiondata.pose_pairs.postures import Postures
from motiondata.pose_pairs.scales import Scale, to_categories

Codes = NDArray[np.int8]
Integers = NDArray[np.int64]

BLOCK = 65_536
"""The number of pairs that are compared at a time."""

SIDES = ("left", "right")
OTHER = {"left": "right", "right": "left"}
BENDING = {"knee": ("hip", "knee", "ankle"), "elbow": ("shoulder", "elbow", "wrist")}
"""The points that each bending joint is between."""
LIMBS = {
    "thigh": ("hip", "knee"),
    "shin": ("knee", "ankle"),
    "upper_arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
}
"""The ends of each segment."""
PAIRED = {"hands": "hand", "elbows": "elbow", "knees": "knee", "feet": "foot"}
"""The two sides of a part, by the name of both."""
ACROSS = {
    "shoulder": (UP, FRONT),
    "elbow": (UP, FRONT),
    "hand": (LEFT, UP, FRONT),
    "knee": (UP, FRONT),
    "foot": (LEFT, UP, FRONT),
}
"""The directions in which the left part is compared with the right one."""
ALONG = (
    ("hand", "neck", (UP,)),
    ("hand", "shoulder", (LEFT, FRONT)),
    ("hand", "hip", (UP, FRONT)),
    ("elbow", "shoulder", (UP, FRONT)),
    ("knee", "hip", (LEFT, UP)),
    ("foot", "hip", (LEFT, FRONT)),
)
"""A part, the part that it is compared with, on the same side or in the middle, and how."""
NEAR = ("shoulder", "elbow", "hip", "knee", "foot")
"""What a hand may be near to, on both sides; not its own elbow."""
GROUNDED = ("foot", "knee", "hand")
MIDDLE = ("neck", "torso", "head", "pelvis")


@dataclass(frozen=True)
class Code:
    """A measure in categories."""

    name: str
    measure: Measure
    scale: Scale

    @property
    def subject(self) -> str:
        """The part of the body that the code is about."""
        return self.name.split(".")[0]

    @property
    def quantity(self) -> str:
        """What the code says about the part."""
        return self.name.split(".", 1)[1]


def sided(side: str, part: str) -> str:
    """Return the name of a part on a side; parts in the middle have none."""
    return part if part in MIDDLE else f"{side}_{part}"


def _bends() -> Iterator[Code]:
    for side in SIDES:
        for part, points in BENDING.items():
            at = tuple(f"{side}_{point}" for point in points)
            yield Code(f"{side}_{part}.bend", Measure(measures.ANGLE, at), scales.BEND)


def _distances() -> Iterator[Code]:
    for both, part in PAIRED.items():
        at = (f"left_{part}", f"right_{part}")
        yield Code(f"{both}.spread", Measure(measures.DISTANCE, at), scales.SPREAD)
    for side in SIDES:
        hand = f"{side}_hand"
        others = [f"{on}_{part}" for part in NEAR for on in SIDES]
        for other in (each for each in others if each != f"{side}_elbow"):
            yield Code(
                f"{hand}.near.{other}", Measure(measures.DISTANCE, (hand, other)), scales.NEAR
            )


def _offsets() -> Iterator[Code]:
    for part, axes in ACROSS.items():
        yield from _compared(f"left_{part}", f"right_{part}", axes)
    for side in SIDES:
        for part, other, axes in ALONG:
            yield from _compared(f"{side}_{part}", sided(side, other), axes)
    yield from _compared("neck", "pelvis", (LEFT, FRONT))


def _compared(part: str, other: str, axes: tuple[str, ...]) -> Iterator[Code]:
    for axis in axes:
        measure = Measure(measures.OFFSET, (part, other), axis)
        yield Code(f"{part}.{axis}.{other}", measure, scales.SIDE)


def _tilts() -> Iterator[Code]:
    for side in SIDES:
        for limb, (start, end) in LIMBS.items():
            at = (f"{side}_{start}", f"{side}_{end}")
            yield Code(f"{side}_{limb}.tilt", Measure(measures.TILT, at), scales.TILT)
    yield Code("torso.tilt", Measure(measures.TILT, ("pelvis", "neck")), scales.TILT)


def _contacts() -> Iterator[Code]:
    for side in SIDES:
        for part in GROUNDED:
            name = f"{side}_{part}"
            yield Code(f"{name}.ground", Measure(measures.HEIGHT, (name,)), scales.GROUND)


POSE_CODES = (*_bends(), *_distances(), *_offsets(), *_tilts(), *_contacts())
"""All pose codes, in the order in which they are stored."""
POSE_CODE = {code.name: number for number, code in enumerate(POSE_CODES)}

Condition = tuple[str, tuple[int, ...]]
"""A code, and the categories that it may have."""


def _both(code: str, *categories: int) -> tuple[Condition, ...]:
    return tuple((f"{side}_{code}", categories) for side in SIDES)


def _kneeling(side: str) -> tuple[Condition, ...]:
    other = OTHER[side]
    return (
        (f"{side}_knee.ground", (0,)),
        (f"{other}_knee.ground", (1,)),
        (f"{other}_foot.ground", (0,)),
        ("torso.tilt", (0, 1)),
    )


def _one_leg(side: str) -> tuple[Condition, ...]:
    return (
        (f"{side}_foot.ground", (0,)),
        (f"{OTHER[side]}_foot.ground", (1,)),
        (f"{side}_knee.ground", (1,)),
        *((f"{each}_hand.ground", (1,)) for each in SIDES),
        (f"{side}_knee.bend", (4, 5)),
        ("torso.tilt", (0, 1)),
    )


SUPER_CODES: dict[str, tuple[Condition, ...]] = {
    "kneeling": (*_both("knee.ground", 0), ("torso.tilt", (0, 1))),
    "kneeling_left": _kneeling("left"),
    "kneeling_right": _kneeling("right"),
    "squatting": (
        *_both("foot.ground", 0),
        *_both("knee.ground", 1),
        *_both("knee.bend", 0, 1),
        ("torso.tilt", (0, 1)),
    ),
    "on_left_leg": _one_leg("left"),
    "on_right_leg": _one_leg("right"),
    "lying": (("torso.tilt", (2,)), *_both("knee.ground", 0), *_both("knee.bend", 4, 5)),
    "arms_out": (("hands.spread", (3,)), *_both("elbow.bend", 5), *_both("upper_arm.tilt", 2)),
    "arms_up": (
        *_both("hand.up.neck", 4),
        *((f"{side}_elbow.up.{side}_shoulder", (4,)) for side in SIDES),
        *_both("elbow.bend", 4, 5),
    ),
    "all_fours": (*_both("hand.ground", 0), *_both("knee.ground", 0), *_both("knee.bend", 1, 2, 3)),
}
"""Conjunctions of pose codes, by name. All conditions must hold."""


def pose_codes(postures: Postures) -> Codes:
    """Return the categories of the pose codes, shaped (poses, codes)."""
    values = evaluate([code.measure for code in POSE_CODES], postures)
    columns = [to_categories(values[:, n], code.scale) for n, code in enumerate(POSE_CODES)]
    return np.stack(columns, axis=1)


def super_codes(codes: Codes) -> Codes:
    """Return whether each super-code holds, 0 or 1, shaped (poses, super-codes)."""
    held = [
        np.logical_and.reduce(
            [np.isin(codes[:, POSE_CODE[name]], allowed) for name, allowed in conditions]
        )
        for conditions in SUPER_CODES.values()
    ]
    return np.stack(held, axis=1).astype(np.int8)


def count_differing(codes: Codes, supers: Codes, first: Integers, second: Integers) -> Integers:
    """Return in how many interpretations the poses of pairs differ, shaped (pairs,).

    Every category of every code, and every super-code, is an interpretation, which holds or not. So
    a code whose category differs counts twice. `first` and `second` are numbers of poses.
    """
    counts = np.empty(len(first), np.int64)
    for start in range(0, len(first), BLOCK):
        a, b = (each[start : start + BLOCK] for each in (first, second))
        differ = 2 * (codes[a] != codes[b]).sum(axis=1) + (supers[a] != supers[b]).sum(axis=1)
        counts[start : start + BLOCK] = differ
    return counts
