"""Samples: every task is filled, masked spans can be put back, and draws depend on their key."""

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.training.language.corruption import corrupt, draw_pretraining, join, motion_units
from pipelines.training.language.instructions import (
    CaptionedMotion,
    Drawing,
    expect_tasks,
    read_tasks,
)

WALK = CaptionedMotion(tuple(range(8)), "a person walks.", frames=31, fps=20.0)
UNITS = st.lists(st.sampled_from(["walks", "left", "<motion_3>", "<motion_7>"]), min_size=1)


def motions() -> st.SearchStrategy[CaptionedMotion]:
    codes = st.lists(st.integers(0, 9), min_size=1, max_size=30).map(tuple)
    return codes.map(lambda each: CaptionedMotion(each, "walks", 4 * len(each), 20.0))


def keyed(key: int | str) -> Random:
    return Random(key)  # noqa: S311


def codes_in(text: str) -> list[int]:
    return [int(code) for code in re.findall(r"<motion_(\d+)>", text)]


def test_there_are_fifteen_tasks_and_more_each_with_several_wordings() -> None:
    assert len(read_tasks()) >= 15
    assert all(len(set(task.templates)) >= 3 for task in read_tasks().values())


@pytest.mark.parametrize("name", [*read_tasks()])
def test_every_wording_of_a_task_can_be_filled(name: str) -> None:
    task = read_tasks()[name]
    for template in (*task.templates, task.answer):
        assert "{" not in template.format_map(WALK.slots())
    needed = {slot for text in task.templates for slot in re.findall(r"{\w+}", text)}
    for template in task.templates:
        assert set(re.findall(r"{\w+}", template)) == needed, "wordings give the same facts"


def test_the_fixed_samples_are_these() -> None:
    tasks, slots = read_tasks(), WALK.slots()
    motion = "".join(f"<motion_{code}>" for code in range(8))
    asked, answer = tasks["motion_to_caption"].fixed(slots)
    assert asked == f"Describe the motion: <motion_start>{motion}<motion_end>"
    assert answer == "a person walks"
    assert tasks["motion_to_seconds"].fixed(slots).answer == "1.6 seconds"
    assert tasks["motion_to_frames"].fixed(slots).answer == "31 frames"
    masked, middle = tasks["inbetween"].fixed(slots)
    assert codes_in(masked) == [0, 1, 6, 7]
    assert codes_in(middle) == [2, 3, 4, 5]


@settings(max_examples=30)
@given(motions(), st.integers(0, 99))
def test_the_parts_of_a_cut_motion_are_the_motion(motion: CaptionedMotion, seed: int) -> None:
    slots = motion.random_slots(keyed(seed))
    assert codes_in(slots["beginning"] + slots["rest"]) == [*motion.codes]
    before, after = slots["masked"].split("<motion_mask>")
    assert codes_in(before + slots["middle"] + after) == [*motion.codes]


@settings(max_examples=50)
@given(UNITS, st.integers(0, 99))
def test_masked_spans_can_be_put_back(units: list[str], seed: int) -> None:
    kept, hidden = corrupt(units, keyed(seed))
    spans = re.split(r"<extra_id_\d+>", hidden)
    assert spans[0] == spans[-1] == ""
    whole = kept
    for number, span in enumerate(spans[1:-1]):
        assert span
        whole = whole.replace(f"<extra_id_{number}>", f" {span} ")
    pieces = [part for part in re.split(r"\s|(<motion_\d>)", whole) if part]
    assert pieces == units


def test_words_have_spaces_and_motion_has_none() -> None:
    assert join(["a", "walk", *motion_units([4])]) == "a walk<motion_start><motion_4><motion_end>"


@settings(max_examples=30)
@given(motions(), st.text(max_size=5))
def test_equal_keys_give_equal_samples(motion: CaptionedMotion, key: str) -> None:
    for draw in (Drawing().draw, draw_pretraining):
        assert draw(motion, keyed(key)) == draw(motion, keyed(key))


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_a_share_of_the_samples_is_of_the_task_in_focus(share: float) -> None:
    drawn = [Drawing(("any_motion",), share).draw(WALK, keyed(key)) for key in range(400)]
    asked = {*read_tasks()["any_motion"].templates}
    found = sum(sample.instruction in asked for sample in drawn) / len(drawn)
    assert found == pytest.approx(share, abs=0.1)


def test_several_tasks_in_focus_have_equal_shares_and_one_named_twice_has_two() -> None:
    names = ("any_motion", "any_caption", "any_motion")
    drawn = [Drawing(names, 1.0).draw(WALK, keyed(key)).instruction for key in range(400)]
    motions = sum(each in read_tasks()["any_motion"].templates for each in drawn)
    captions = sum(each in read_tasks()["any_caption"].templates for each in drawn)
    assert motions + captions == len(drawn)
    assert motions / len(drawn) == pytest.approx(2 / 3, abs=0.08)


@pytest.mark.parametrize("name", [*read_tasks()])
def test_lengths_of_captions_are_those_of_motions_without_others_joined(name: str) -> None:
    joined = CaptionedMotion(tuple(range(14)), "a person walks, then runs.", frames=55, fps=20.0)
    drawing = Drawing((name,), 1.0)
    expected = WALK if name in {"caption_to_frames", "caption_to_seconds"} else joined
    for key in range(5):
        assert drawing.draw(joined, keyed(key), WALK) == drawing.draw(expected, keyed(key))


def test_an_unknown_focus_names_the_tasks() -> None:
    with pytest.raises(InputError, match=r"expected one of motion_to_caption.*found dance"):
        expect_tasks(["motion_to_caption", "dance"])
