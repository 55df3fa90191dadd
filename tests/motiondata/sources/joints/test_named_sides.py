"""Mirrored joints are recognized by the person's build, or by the sides that captions name."""

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.skeletons import JOINT
from motiondata.sources.joints.named_sides import check_sides
from tests.support.motion_clips import y_up_joints

Floats = NDArray[np.float64]
MIRROR = np.array([-1.0, 1.0, 1.0])
PAIRS = [
    (JOINT[name], JOINT[name.replace("left", "right")]) for name in JOINT if name[:4] == "left"
]


def waving(side: str) -> Floats:
    """Return joints of a standing person, facing +z, who moves one hand."""
    joints = np.repeat(y_up_joints(0, 1), 20, axis=0)
    joints[:, JOINT[f"{side}_wrist"], 1] += 0.3 * np.sin(np.arange(20))
    return joints


def mirrored(joints: Floats) -> Floats:
    """Return a possible person: the mirror image, with left and right exchanged."""
    image: Floats = joints * MIRROR
    for left, right in PAIRS:
        image[:, [left, right]] = image[:, [right, left]]
    return image


@pytest.mark.parametrize(
    ("image", "verdict"),
    [
        (lambda joints: joints, "as the captions say"),
        (mirrored, "the joints are mirrored"),
        (lambda joints: joints * MIRROR, "mirror image, with the names of a plain one"),
    ],
)
def test_each_state_is_recognized(image, verdict: str) -> None:  # type: ignore[no-untyped-def]
    motions = [
        (image(waving(side)), [f"a person waves with their {side} hand."])
        for side in ("left", "right") * 6
    ]
    check = check_sides(motions)
    assert verdict in check.verdict
    assert (check.motions, check.named) == (12, 12)


@pytest.mark.parametrize(
    "caption",
    ["a person waves", "the left hand and the right hand", "turns left", "the left foot", ""],
)
def test_captions_that_do_not_tell_are_not_counted(caption: str) -> None:
    check = check_sides([(waving("left"), [caption])])
    assert check.named == 0
    assert check.verdict == "too few captions name a side"
