"""Codes of postures and of pairs: tables of made postures, and the laws of mirrors and headings."""

from dataclasses import replace

import numpy as np
import pytest

from motiondata.pose_pairs import measures, scales
from motiondata.pose_pairs.measures import AXES, LEFT, Measure, evaluate
from motiondata.pose_pairs.pair_codes import (
    MEASURED,
    PAIR_CODE,
    PAIR_CODES,
    SUPER_PAIR_CODES,
    pair_codes,
    wrapped,
)
from motiondata.pose_pairs.pose_codes import (
    POSE_CODE,
    POSE_CODES,
    SUPER_CODES,
    Code,
    count_differing,
    pose_codes,
    super_codes,
)
from motiondata.pose_pairs.postures import Postures
from motiondata.skeletons import JOINTS, LEFT_JOINTS, RIGHT_JOINTS
from tests.support.postures import posed, posture, random_poses

EVERY = (*POSE_CODES, *MEASURED)
OTHER_SIDE = np.arange(JOINTS)
OTHER_SIDE[[*LEFT_JOINTS, *RIGHT_JOINTS]] = [*RIGHT_JOINTS, *LEFT_JOINTS]
UP_ARMS = {"left_shoulder": (0, 0, 80.0), "right_shoulder": (0, 0, -80.0)}
DOWN_ARMS = {"left_shoulder": (0, 0, -75.0), "right_shoulder": (0, 0, 75.0)}
SQUAT = {
    f"{side}_{joint}": (angle, 0, 0)
    for side in ("left", "right")
    for joint, angle in (("hip", -110.0), ("knee", 130.0), ("ankle", -20.0))
}


def category(of: Postures, code: str) -> int:
    return int(pose_codes(of)[0, POSE_CODE[code]])


@pytest.mark.parametrize(
    ("turns", "code", "expected"),
    [
        ({}, "left_knee.bend", 5),
        ({"left_knee": (90, 0, 0)}, "left_knee.bend", 2),
        ({"left_knee": (90, 0, 0)}, "right_knee.bend", 5),
        ({"right_elbow": (0, 140, 0)}, "right_elbow.bend", 0),
        ({}, "hands.spread", 3),
        ({}, "feet.spread", 1),
        ({}, "left_hand.left.right_hand", 4),
        (DOWN_ARMS, "left_hand.up.neck", 0),
        (UP_ARMS, "left_hand.up.neck", 4),
        ({}, "left_upper_arm.tilt", 2),
        ({}, "left_shin.tilt", 0),
        ({"left_hip": (-90, 0, 0)}, "left_thigh.tilt", 2),
        ({"left_hip": (-90, 0, 0)}, "left_knee.up.right_knee", 4),
        ({"left_hip": (-90, 0, 0)}, "left_knee.front.right_knee", 4),
        ({"left_hip": (-60, 0, 0)}, "left_foot.ground", 1),
        ({"left_hip": (-60, 0, 0)}, "right_foot.ground", 0),
        ({"spine1": (60, 0, 0)}, "neck.front.pelvis", 4),
    ],
)
def test_made_postures_have_the_codes_that_one_sees(
    turns: dict[str, tuple[float, float, float]], code: str, expected: int
) -> None:
    assert category(posture(**turns), code) == expected


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ({}, {"arms_out"}),
        (UP_ARMS, {"arms_up"}),
        ({**DOWN_ARMS, **SQUAT}, {"squatting"}),
        ({**DOWN_ARMS, "left_hip": (-60.0, 0, 0)}, {"on_right_leg"}),
        ({**DOWN_ARMS, "pelvis": (-90.0, 0, 0)}, {"lying"}),
        (DOWN_ARMS, set()),
    ],
)
def test_super_codes_name_whole_postures(
    turns: dict[str, tuple[float, float, float]], expected: set[str]
) -> None:
    held = super_codes(pose_codes(posture(**turns)))[0]
    assert {name for name, holds in zip(SUPER_CODES, held, strict=True) if holds} == expected


@pytest.mark.parametrize(
    ("turns", "code", "level"),
    [
        ({"left_knee": (90, 0, 0)}, "left_knee.angle", -3),
        ({"left_knee": (60, 0, 0)}, "left_knee.angle", -2),
        ({"left_knee": (25, 0, 0)}, "left_knee.angle", -1),
        ({"left_knee": (10, 0, 0)}, "left_knee.angle", 0),
        (UP_ARMS, "left_hand.up", 2),
        (DOWN_ARMS, "left_hand.up", -2),
        (DOWN_ARMS, "right_hand.left", 2),
        (DOWN_ARMS, "hands.apart", -2),
        ({"left_hip": (-90, 0, 0)}, "left_foot.front", 2),
        ({"spine1": (30, 0, 0)}, "body.lean_front", 1),
        ({"spine1": (0, 0, -30)}, "body.lean_left", 1),
        ({"spine2": (0, 40, 0)}, "upper_body.twist", 2),
        ({"neck": (0, 20, 0)}, "head.turn", 1),
        ({"neck": (-40, 0, 0)}, "head.nod", 1),
    ],
)
def test_pair_codes_say_what_the_second_pose_does_more(
    turns: dict[str, tuple[float, float, float]], code: str, level: int
) -> None:
    first, second = posture(), posture(**turns)
    there = pair_codes(first, second, pose_codes(second), np.zeros(1)).levels[0]
    back = pair_codes(second, first, pose_codes(first), np.zeros(1)).levels[0]
    assert there[PAIR_CODE[code]] == level
    assert back[PAIR_CODE[code]] == -level


def test_a_knee_that_becomes_straight_is_straightened() -> None:
    first, second = posture(left_knee=(90, 0, 0)), posture()
    found = pair_codes(first, second, pose_codes(second), np.zeros(1))
    held = {name for name, holds in zip(SUPER_PAIR_CODES, found.reached[0], strict=True) if holds}
    assert held == {"left_knee.straighten"}


@pytest.mark.parametrize("code", EVERY, ids=lambda code: code.name)
def test_a_mirrored_posture_has_the_mirrored_measure(code: Code) -> None:
    postures = posed(random_poses(30))
    expected = evaluate([code.measure], postures)[:, 0]
    sign = -1 if code.measure.axis == LEFT else 1
    found = evaluate([mirrored(code.measure)], mirror_image(postures))[:, 0]
    assert found * sign == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("codes", [POSE_CODES, MEASURED], ids=["pose codes", "pair codes"])
def test_a_mirrored_posture_has_a_code_for_each_code(codes: tuple[Code, ...]) -> None:
    def unordered(each: Measure) -> object:
        exchanges = each.kind in (measures.OFFSET, measures.DISTANCE)
        return each.kind, each.axis, frozenset(each.points) if exchanges else each.points

    there = {(unordered(code.measure), code.scale) for code in codes}
    assert {(unordered(mirrored(code.measure)), code.scale) for code in codes} == there


def mirrored(measure: Measure) -> Measure:
    swap = {"left": "right", "right": "left"}
    names = [name.split("_", 1) for name in measure.points]
    points = ("_".join([swap.get(side, side), *rest]) for side, *rest in names)
    return replace(measure, points=tuple(points))


def mirror_image(postures: Postures) -> Postures:
    """Mirror positions, and rotations as clips are mirrored."""
    joints = postures.joints[:, OTHER_SIDE] * np.array([-1, 1, 1], np.float32)
    pose = postures.pose[:, OTHER_SIDE] * np.array([1, -1, -1], np.float32)
    return Postures(pose, postures.trans * np.array([-1, 1, 1], np.float32), joints)


def test_names_of_codes_are_distinct_and_their_points_exist() -> None:
    for codes in (POSE_CODES, PAIR_CODES):
        assert len({code.name for code in codes}) == len(codes)
    assert {code.measure.axis for code in EVERY} == {"", *AXES}
    evaluate([code.measure for code in EVERY], posture())


def test_a_threshold_belongs_to_the_category_that_the_published_code_gives() -> None:
    """It is the first threshold that is not below the value, of the first pose minus the second."""
    for value in (-45.0, -20.0, 20.0, 45.0, 3.0):
        published = next(
            (n for n, each in enumerate(scales.LEAN_CHANGE.thresholds) if each >= value), 4
        )
        (level,) = scales.to_levels(np.array([-value]), scales.LEAN_CHANGE)
        assert level == 2 - published


def test_differing_interpretations_are_counted_as_in_columns_of_zeros_and_ones() -> None:
    codes = pose_codes(posed(random_poses(12)))
    supers = super_codes(codes)
    columns = [
        codes[:, number] == each
        for number, code in enumerate(POSE_CODES)
        for each in range(code.scale.categories)
    ]
    table = np.column_stack([*columns, *supers.T.astype(bool)])
    first, second = np.triu_indices(12)
    expected = (table[first] != table[second]).sum(axis=1)
    assert count_differing(codes, supers, first, second).tolist() == expected.tolist()


def test_turns_are_wrapped_to_half_a_circle() -> None:
    degrees = np.array([-190.0, -180.0, 0.0, 179.0, 180.0, 350.0])
    assert wrapped(degrees).tolist() == [170.0, -180.0, 0.0, 179.0, -180.0, -10.0]
