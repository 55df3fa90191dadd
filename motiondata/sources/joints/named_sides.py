"""Check whether joints are a mirror image: by the person's build, and by the sides captions name.

A mirror image whose names of joints were kept shows in each frame: the feet then point behind a
person whose left is on the left. One whose names were exchanged as well is a possible person. Only
captions can tell it: the arm or leg that they name should be the one that moves more.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINT

Floats = NDArray[np.float64]

LIMBS = {
    "hand": "wrist", "arm": "wrist", "fist": "wrist", "elbow": "wrist",
    "foot": "ankle", "leg": "ankle", "knee": "ankle",
}  # fmt: skip
"""Words for limbs, and the joint whose movement shows that the limb is used."""

_NAMED = re.compile(rf"\b(left|right) (?:\w+ )?({'|'.join(LIMBS)})\b")

CLEARLY = 1.3
"""The ratio of the paths of two limbs from which one of them counts as the one that moves. Its path
must also be longer than a thigh."""


@dataclass(frozen=True)
class SideCheck:
    """The result for some motions."""

    motions: int
    reversed_people: int
    """Motions in which the feet point behind the person: mirrored, with the names kept."""
    named: int
    """Motions whose captions name a limb of one side, and of which one limb clearly moves more."""
    agreeing: int
    """Those of them in which the named limb moves more."""

    @property
    def verdict(self) -> str:
        """What the numbers say, in a sentence."""
        if 2 * self.reversed_people > self.motions:
            return "the joints are a mirror image, with the names of a plain one"
        if self.named < 10:
            return "too few captions name a side"
        share = self.agreeing / self.named
        if 0.35 < share < 0.65:
            return "the captions do not tell"
        return "the joints are as the captions say" if share > 0.5 else "the joints are mirrored"


def check_sides(motions: Iterable[tuple[Floats, Iterable[str]]]) -> SideCheck:
    """Check motions: joints shaped (frames, 22 or 24, 3), y up, and the captions of each."""
    total = reversed_people = named = agreeing = 0
    for joints, captions in motions:
        total += 1
        reversed_people += _feet_point_back(joints)
        moved = [side for side in (_agrees(joints, text) for text in captions) if side]
        if moved:
            named += 1
            agreeing += sum(moved) > 0
    return SideCheck(total, reversed_people, named, agreeing)


def _feet_point_back(joints: Floats) -> bool:
    across = joints[:, JOINT["left_hip"]] - joints[:, JOINT["right_hip"]]
    up = joints[:, JOINT["neck"]] - joints[:, JOINT["pelvis"]]
    forward = np.cross(across, up)
    feet = sum(
        joints[:, JOINT[f"{side}_foot"]] - joints[:, JOINT[f"{side}_ankle"]]
        for side in ("left", "right")
    )
    return bool(np.median((forward * feet).sum(axis=-1)) < 0)


def _agrees(joints: Floats, caption: str) -> int:
    """Return 1 if the limb that a caption names moves more, -1 if its other, 0 if it is unclear."""
    found = set(_NAMED.findall(caption.lower()))
    if len({side for side, _ in found}) != 1 or len({LIMBS[limb] for _, limb in found}) != 1:
        return 0
    ((side, limb), *_) = found
    other = {"left": "right", "right": "left"}[side]
    path, of_other = (_path(joints, f"{name}_{LIMBS[limb]}") for name in (side, other))
    thigh = float(np.linalg.norm(joints[0, JOINT["left_hip"]] - joints[0, JOINT["left_knee"]]))
    if max(path, of_other) < max(CLEARLY * min(path, of_other), thigh):
        return 0
    return 1 if path > of_other else -1


def _path(joints: Floats, name: str) -> float:
    """Return how far a joint moves, relative to the pelvis."""
    way = joints[:, JOINT[name]] - joints[:, 0]
    return float(np.linalg.norm(np.diff(way, axis=0), axis=-1).sum())
