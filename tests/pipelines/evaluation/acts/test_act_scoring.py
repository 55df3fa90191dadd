"""Act scoring: the synthesizer's captions are right; those of other clips are wrong."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.synthesis.act_sampling import draw_act, draw_clip
from motiondata.synthesis.acts import Act
from motiondata.synthesis.language.captions import SUBJECT_NOUNS, CaptionSpan, caption_lines
from motiondata.synthesis.repertoires import CHOICES, GESTURES
from pipelines.evaluation.acts.act_scoring import known_acts, score_acts
from pipelines.evaluation.acts.phrase_parser import content_words, read_caption

KINDS = sorted({choice.kind for choice in CHOICES})
SEEDS = st.integers(0, 2**32 - 1)
DRAWN = 20
"""Of each line of the tables of acts."""

WALK = Act("walk", "left", "forward", 6)
BEND = Act("walk", "left", "left", 6, turn_deg=90)
CIRCLE = Act("walk", "left", "counterclockwise", 10, turn_deg=360)
HALF_TURN = Act("turn", "", "left", turn_deg=180)
QUARTER_TURN = Act("turn", "", "left", turn_deg=90)
WAVE = Act("wave", "left", count=3)
KICK = Act("kick", "right", "forward")


def captions_of(acts: list[Act], seed: int, gender: str = "neutral") -> list[str]:
    lines = caption_lines([CaptionSpan(tuple(acts))], gender, np.random.default_rng(seed))
    return [line.partition("#")[0] for line in lines]


def mirrored(acts: list[Act]) -> list[Act]:
    return [act.mirrored() for act in acts]


def clip_of(seed: int) -> list[Act]:
    return draw_clip(np.random.default_rng(seed))


def kinds_of(acts: list[Act]) -> list[str]:
    return sorted(known.act.kind for known in known_acts(acts))


def drawn_acts(kind: str) -> Iterator[Act]:
    rng = np.random.default_rng(len(kind))
    for choice in (*CHOICES, *GESTURES):
        if choice.kind == kind:
            yield from (draw_act(rng, [choice]) for _ in range(DRAWN))


@pytest.mark.parametrize("kind", KINDS)
def test_the_synthesizers_captions_of_every_kind_are_right(kind: str) -> None:
    for (seed, act), gender in product(enumerate(drawn_acts(kind)), SUBJECT_NOUNS):
        for caption in captions_of([act], seed, gender):
            assert score_acts(caption, known_acts([act])).right, caption


@given(SEEDS)
@settings(deadline=None, max_examples=200)
def test_the_synthesizers_captions_of_several_acts_are_right(seed: int) -> None:
    acts = clip_of(seed)
    for caption in captions_of(acts, seed):
        assert score_acts(caption, known_acts(acts)).right, caption


@given(SEEDS)
@settings(deadline=None, max_examples=200)
def test_captions_of_the_mirrored_clip_are_wrong_if_they_name_a_side(seed: int) -> None:
    acts = clip_of(seed)
    if len(set(kinds_of(acts))) < len(kinds_of(acts)):
        return  # its acts of one kind may be each other's mirror images
    own, other = captions_of(acts, seed), captions_of(mirrored(acts), seed)
    for caption, exchanged in zip(own, other, strict=True):
        assert score_acts(exchanged, known_acts(acts)).right == (exchanged == caption)


@given(SEEDS, SEEDS)
@settings(deadline=None, max_examples=200)
def test_captions_of_a_clip_of_other_kinds_are_wrong(seed: int, other: int) -> None:
    acts, others = clip_of(seed), clip_of(other)
    if kinds_of(acts) != kinds_of(others):
        for caption in captions_of(others, seed):
            assert not score_acts(caption, known_acts(acts)).right


@pytest.mark.parametrize("kind", KINDS)
def test_a_caption_names_one_kind_alone(kind: str) -> None:
    asked = known_acts([next(drawn_acts(other)) for other in KINDS])
    for seed, act in enumerate(drawn_acts(kind)):
        for caption in captions_of([replace(act, gesture=None)], seed):
            named = [score.kind for score in score_acts(caption, asked).scores if score.named]
            assert named == [phrase.kind for phrase in read_caption(caption)] == [kind], caption


SAID: list[tuple[str, list[Act], bool]] = [
    ("walks forward and turns left", [BEND], True),
    ("walks forward and turns right", [BEND], False),
    ("walks forward", [BEND], False),
    ("walks forward, turns to the left on the spot", [WALK, QUARTER_TURN], True),
    ("walks in a bend to the left", [WALK, QUARTER_TURN], False),
    ("turns around", [HALF_TURN], True),
    ("turns around", [QUARTER_TURN], False),
    ("turns around to the right", [HALF_TURN], False),
    ("kicks with her right foot and waves with her left hand", [WAVE, KICK], True),
    ("kicks with her left foot and waves with her right hand", [WAVE, KICK], False),
    ("kicks with her right foot", [WAVE, KICK], False),
    ("walks forward starting with his left foot", [WALK], True),
    ("walks forward starting with his right foot", [WALK], False),
    ("walks", [WALK], False),
    ("walks around in a full circle", [CIRCLE], True),
    ("walks", [CIRCLE], False),
    ("walks straight ahead", [CIRCLE], False),
    ("walks in a circle clockwise", [CIRCLE], False),
    ("stays", [Act("stand")], True),
    ("picks something up", [Act("pick_up", "left")], False),
    ("", [WALK], False),
    ("Oh! A tall man slowly WALKS FORWARD across the room.", [WALK], True),
]


@pytest.mark.parametrize(("caption", "acts", "right"), SAID)
def test_captions_are_judged_as_people_would(caption: str, acts: list[Act], right: bool) -> None:
    assert score_acts(caption, known_acts(acts)).right == right


def test_each_aspect_is_judged_by_itself() -> None:
    scores = score_acts("kicks with her left foot and walks backward", known_acts([KICK, BEND]))
    kick, bend = scores.scores
    assert (kick.named, kick.side, kick.direction) == (True, False, None)
    assert (bend.named, bend.side, bend.direction) == (False, None, False)
    assert scores.extra == ("backward",)


def test_a_caption_that_names_everything_is_not_right() -> None:
    everything = ", then ".join(captions_of([next(drawn_acts(kind))], 0)[0] for kind in KINDS)
    scores = score_acts(everything, known_acts([Act("squat", count=2)]))
    assert scores.scores[0].named
    assert set(scores.extra) >= set(KINDS) - {"squat"}
    assert not scores.right


def test_a_gesture_counts_as_an_act() -> None:
    walking = Act("walk", "left", "forward", 6, gesture=Act("raise_arms", "right", "up"))
    silent, named, wrong = (
        score_acts(f"walks forward{more}", known_acts([walking]))
        for more in ("", " while raising her right arm", " while raising her left arm")
    )
    assert [score.named for score in silent.scores] == [True, False]
    assert named.right
    assert wrong.scores[1].side is False


def test_only_words_that_tell_what_is_done_count() -> None:
    said = "First a WOMAN slowly takes three, long steps to her left; then she's done twice!"
    assert content_words(said) == ("take", "step", "left", "shes", "done")
