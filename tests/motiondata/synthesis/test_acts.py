"""Acts: the joints do what the act says, and so does the mirror image."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from motiondata.bodies.posing import pose_joints
from motiondata.clip import Clip
from motiondata.mirroring import mirror_clip
from motiondata.recording import Recording
from motiondata.skeletons import JOINT
from motiondata.synthesis.act_sampling import draw_recording
from motiondata.synthesis.acts import PACES, Act
from motiondata.synthesis.motion.perform import ACT_FUNCTIONS
from motiondata.synthesis.repertoires import (
    BASIC_CHOICES,
    CHOICES,
    GESTURES,
    REPERTOIRES,
    WIDE,
    ActChoice,
)
from tests.support.motion_checks import CHECKS, check_act
from tests.support.performances import Scene, act_of, act_out, shaped


def variants(choice: ActChoice) -> list[Act]:
    """Return every act that a line of the table allows but for pace and size."""
    return [
        Act(
            kind=choice.kind,
            side=side,
            direction=direction,
            count=count,
            turn_deg=-turn if direction in ("right", "clockwise") else turn,
        )
        for direction, count, side, turn in product(
            choice.directions, sorted(set(choice.counts)), choice.sides, choice.turns_deg
        )
    ]


ACTS = [act for choice in CHOICES for act in variants(choice)]
GESTURING = [
    replace(act, gesture=gesture)
    for act in (
        Act("walk", "left", "forward", 7),
        Act("backward", "right", "backward", 6),
        Act("march", "left", "place", 8),
    )
    for choice in GESTURES
    for gesture in variants(choice)
]


def name(act: Act) -> str:
    words = (act.kind, act.side, act.direction, str(act.count), str(act.turn_deg))
    gesture = f"+{name(act.gesture)}" if act.gesture else ""
    return "-".join(word for word in words if word) + gesture


def mirrored(scene: Scene) -> Scene:
    """Return a scene as HumanML3D mirrors it."""
    motion, person = scene.motion, scene.subject
    recording = Recording(motion.pose, motion.trans, motion.fps, "neutral", person.betas, "made")
    last = len(motion.trans) - 1
    clip = Clip("0", "KIT", motion.pose, motion.trans, motion.fps, 0, last, recording)
    image = mirror_clip(clip)
    joints = pose_joints(shaped(person), image.pose, image.trans)
    return replace(scene, motion=replace(motion, pose=image.pose, trans=image.trans), joints=joints)


def test_every_kind_is_performed_chosen_and_judged() -> None:
    assert set(ACT_FUNCTIONS) == set(CHECKS) == {choice.kind for choice in CHOICES}


def test_a_wide_corpus_has_every_kind_and_most_pairs_of_kinds() -> None:
    rng = np.random.default_rng(0)
    clips = [
        {act.kind for act in clip}
        for _ in range(2000)
        for clip in draw_recording(rng, REPERTOIRES[WIDE])
    ]
    kinds = {choice.kind for choice in CHOICES}
    assert set.union(*clips) == kinds
    pairs = {frozenset(pair) for clip in clips for pair in combinations(clip, 2)}
    assert len(pairs) > 0.8 * len(kinds) * (len(kinds) - 1) / 2


def test_a_basic_corpus_has_no_act_of_the_wide_one() -> None:
    rng = np.random.default_rng(0)
    drawn = {act.kind for _ in range(300) for clip in draw_recording(rng) for act in clip}
    assert drawn == {choice.kind for choice in BASIC_CHOICES}


@pytest.mark.parametrize("act", ACTS, ids=name)
def test_an_act_is_what_it_says(act: Act) -> None:
    check_act(act, act_out(act, subject=len(name(act))))


@pytest.mark.parametrize("act", GESTURING, ids=name)
def test_a_gesture_goes_with_steps(act: Act) -> None:
    check_act(act, act_out(act))


@pytest.mark.parametrize("act", [act_of(choice) for choice in CHOICES], ids=name)
def test_the_mirror_image_is_the_mirrored_act(act: Act) -> None:
    check_act(act.mirrored(), mirrored(act_out(act)))


@pytest.mark.parametrize("act", [act_of(choice) for choice in CHOICES], ids=name)
@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("pace", ["slow", "quick"])
def test_an_act_is_what_it_says_at_any_pace_and_size(act: Act, pace: str, size: str) -> None:
    choice = next(choice for choice in CHOICES if choice.kind == act.kind)
    sized = size if size in choice.sizes else ""
    check_act(replace(act, pace=pace, size=sized), act_out(replace(act, pace=pace, size=sized)))


@pytest.mark.parametrize("act", [act_of(choice) for choice in CHOICES], ids=name)
def test_quick_is_quicker_than_usual_and_slow_slower(act: Act) -> None:
    lasting = {}
    for pace in PACES:
        (done,) = act_out(replace(act, pace=pace)).done
        lasting[pace] = done.end_seconds - done.start_seconds
    assert lasting["quick"] < lasting[""] < lasting["slow"]


@pytest.mark.parametrize(
    ("act", "joint", "larger"),
    [
        (Act("kick", "left", "forward"), "left_ankle", 1),
        (Act("jump", "", "up"), "pelvis", 1),
        (Act("squat"), "pelvis", -1),
        (Act("bow"), "head", -1),
    ],
)
def test_large_goes_further_than_usual_and_small_less_far(
    act: Act, joint: str, larger: int
) -> None:
    heights = {
        size: act_out(replace(act, size=size)).joints[:, JOINT[joint], 2]
        for size in ("small", "", "large")
    }
    extreme = [(larger * height).max() for height in heights.values()]
    assert extreme[0] + 0.03 < extreme[1] < extreme[2] - 0.03


def test_long_steps_go_further_than_short_ones() -> None:
    far = [
        act_out(Act("walk", "left", "forward", 6, size=size)).done[0].distance_meters
        for size in ("small", "", "large")
    ]
    assert far[0] < far[1] < far[2]


def test_the_distance_is_that_of_the_pelvis() -> None:
    scene = act_out(Act("walk", "left", "forward", 8))
    moved = scene.path("pelvis")[-1] - scene.path("pelvis")[0]
    assert scene.done[0].distance_meters == pytest.approx(np.hypot(*moved[:2]), abs=0.05)


def test_acts_follow_each_other_without_sliding_back() -> None:
    scene = act_out(Act("walk", "left", "forward", 6), Act("turn", "", "left", turn_deg=180),
                    Act("walk", "right", "forward", 6))  # fmt: skip
    start, end = scene.path("pelvis")[[0, -1]]
    assert np.hypot(*(end - start)[:2]) < 0.8
    assert [done.act.kind for done in scene.done] == ["walk", "turn", "walk"]
    assert all(
        before.end_seconds < after.start_seconds
        for before, after in zip(scene.done, scene.done[1:], strict=False)
    )


def test_subjects_differ_in_size_and_in_habits() -> None:
    act = Act("walk", "left", "forward", 6)
    scenes = [act_out(act, subject=number) for number in range(5)]
    assert len({round(scene.subject.skeleton.leg, 4) for scene in scenes}) == 5
    assert len({round(scene.done[0].end_seconds, 4) for scene in scenes}) == 5
