"""Texts say what the codes of a pair say, and nothing else."""

import numpy as np
import pytest

from motiondata.pose_pairs.pair_codes import PAIR_CODES, SUPER_PAIR_CODES
from motiondata.pose_pairs.phrases import DIRECTED, STYLES, Style
from motiondata.pose_pairs.pose_codes import POSE_CODES, SUPER_CODES
from motiondata.pose_pairs.read_text import (
    NotReadableError,
    ReadPhrases,
    contradictions,
    read_phrases,
    read_text,
)
from motiondata.pose_pairs.statements import CHANGE, POSTURE, REACH, STATE, PairFacts, Statement
from motiondata.pose_pairs.write_text import Draw, write_text, write_texts
from tests.support.postures import facts_of_pairs, posed, random_poses

NO_STRENGTHS: dict[str, float] = {}


def made_facts(pairs: int, seed: int = 0) -> list[PairFacts]:
    """Return the facts of pairs of random poses, of which the second is a change of the first."""
    first = random_poses(pairs, seed)
    second = first + random_poses(pairs, seed + 1, 0.3)
    turns = np.random.default_rng(seed).uniform(-180, 180, pairs) * (np.arange(pairs) % 3 == 0)
    return facts_of_pairs(posed(first), posed(second), turns)


def test_texts_read_back_are_what_they_say_and_true() -> None:
    for number, facts in enumerate(made_facts(100)):
        for text in write_texts(facts, NO_STRENGTHS, 3, 0, str(number)):
            assert read_text(text.text) == {*text.says}
            assert text.says
            assert contradictions(text.text, facts) == []


def test_phrases_of_whole_texts_say_what_the_texts_say() -> None:
    for number, facts in enumerate(made_facts(30)):
        for text in write_texts(facts, NO_STRENGTHS, 3, 0, str(number)):
            found = read_phrases(text.text)
            assert found.said == {*text.says}
            assert found.readable == found.phrases


def test_a_phrase_in_other_words_leaves_the_others_readable() -> None:
    found = read_phrases("Bend your left knee more. Wave at me. Lean forward; wave, then kneel.")
    assert (found.phrases, found.readable) == (5, 2)
    assert {each.code for each in found.said} == {"left_knee.angle", "body.lean_front"}
    assert read_phrases("") == ReadPhrases(frozenset(), 1, 0)


@pytest.mark.slow
def test_ten_thousand_pairs_have_texts_without_a_contradiction() -> None:
    for number, facts in enumerate(made_facts(10_000, 7)):
        style = STYLES[number % len(STYLES)]
        text = write_text(facts, NO_STRENGTHS, style, Draw(0, str(number)))
        assert contradictions(text.text, facts, style.name) == []


def every_statement() -> list[Statement]:
    coded = [(CHANGE, code) for code in PAIR_CODES] + [(STATE, code) for code in POSE_CODES]
    said = [Statement(kind, code.name, each) for kind, code in coded for each in code.scale.said]
    reached = [Statement(REACH, name, 1) for name in SUPER_PAIR_CODES]
    return [*said, *reached, *(Statement(POSTURE, name, 1) for name in SUPER_CODES)]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_every_template_of_a_style_says_one_thing(style: Style) -> None:
    """Texts of one statement, filled by hand, are read as this statement."""
    for says in every_statement():
        if says.kind == CHANGE and says.quantity in DIRECTED:
            words = style.directions[says.quantity, says.value]
            templates = [each.replace("{directions}", words) for each in style.moves]
        else:
            templates = [*style.templates[says.kind, says.quantity, says.value]]
        for template in templates:
            determiner = style.determiners[0]
            text = template.replace("{parts}", determiner + says.subject.replace("_", " "))
            text = text.replace("{other}", determiner + says.other.replace("_", " "))
            text = text.replace("{det} ", determiner).replace("{is}", "is")
            assert read_text(text, style.name) == {says}, text


def test_a_text_of_the_opposite_is_found() -> None:
    facts = next(each for each in made_facts(50) if each.levels[0] == -1)
    assert contradictions("Bend your left knee slightly.", facts) == []
    found = contradictions("Extend your left knee more. Bend your left knee slightly.", facts)
    assert found == [Statement(CHANGE, "left_knee.angle", 2)]


@pytest.mark.parametrize("text", ["", "Jump.", "Bend your left knee more. Jump."])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(NotReadableError, match="expected a phrase at"):
        read_text(text)


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(NotReadableError, match="unknown style 'poem'; choose one of"):
        read_text("bend left knee", "poem")


def test_texts_depend_on_seed_and_key_only() -> None:
    (facts,) = made_facts(1)
    one, again = (write_texts(facts, NO_STRENGTHS, 6, 3, "key") for _ in range(2))
    other = write_texts(facts, NO_STRENGTHS, 6, 4, "key")
    assert one == again
    assert [each.text for each in one] != [each.text for each in other]
    assert [each.style for each in one] == [style.name for style in STYLES] * 2


def test_strong_changes_are_said_if_there_are_many() -> None:
    facts = next(each for each in made_facts(50) if len(each.corrections[0]) > 20)
    changes, _ = facts.corrections
    strongest = changes[-1].code
    texts = write_texts(facts, {strongest: 9.0, **{e.code: 1.0 for e in changes[:-1]}}, 40, 0, "k")
    said = sum(any(each.code == strongest for each in text.says) for text in texts)
    assert said > 25


@pytest.mark.parametrize("limb", ["thigh", "shin", "upper_arm", "forearm"])
def test_the_tilt_of_each_bone_can_be_what_a_correction_reaches(limb: str) -> None:
    results = {each.code for facts in made_facts(300) for each in facts.corrections[1]}
    assert {f"left_{limb}.tilt", f"right_{limb}.tilt"} <= results


def test_two_sides_are_named_together() -> None:
    zeros = np.zeros(len(PAIR_CODES), np.int8)
    zeros[[code.name.endswith("knee.angle") for code in PAIR_CODES]] = -2
    none = np.zeros(len(SUPER_PAIR_CODES), np.int8)
    codes = np.full((2, len(POSE_CODES)), 1, np.int8)
    facts = PairFacts(zeros, none, codes, np.zeros((2, len(SUPER_CODES)), np.int8))
    texts = {each.text for each in write_texts(facts, NO_STRENGTHS, 60, 0, "k")}
    assert {"Bend both knees more.", "The knees are bent more.", "Bend knees"} <= texts
