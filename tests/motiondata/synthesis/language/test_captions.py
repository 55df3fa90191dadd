"""Captions: in HumanML3D's format, in correct English, and about the right act."""

import re
from itertools import product

import numpy as np
import pytest

from motiondata.sources.humanml3d.captions import parse_caption
from motiondata.synthesis.act_sampling import draw_act, draw_clip
from motiondata.synthesis.acts import MIRRORED, Act
from motiondata.synthesis.language.captions import (
    SUBJECT_NOUNS,
    CaptionSpan,
    caption_lines,
    variant,
)
from motiondata.synthesis.language.phrases import MEANWHILE, NUMBERS, PHRASES
from motiondata.synthesis.language.words import LEXICON, plain, tokens_of
from motiondata.synthesis.repertoires import CHOICES, GESTURES

CLIPS = 400
ACTS_DRAWN = 60

NUMBER_WORDS = {word: k + 1 for k, word in enumerate(NUMBERS)} | {"twice": 2}
PARTS_OF_SPEECH = {"ADJ", "ADP", "ADV", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PRON", "SCONJ",
                   "VERB"}  # fmt: skip

COUNTED_IN_WORDS = ("punch", "squat", "bow", "kick", "jump", "raise_arms", "side_step")
"""Kinds whose count every caption gives, as a number or as "two times"."""


def lines_on(acts: list[Act], seed: int, gender: str = "neutral") -> tuple[str, ...]:
    return caption_lines([CaptionSpan(tuple(acts))], gender, np.random.default_rng(seed))


def clip_of(seed: int) -> list[Act]:
    return draw_clip(np.random.default_rng(seed))


def acts_of_kind(kind: str) -> list[Act]:
    choices = [choice for choice in CHOICES if choice.kind == kind]
    rng = np.random.default_rng(len(kind))
    return [draw_act(rng, choices) for _ in range(ACTS_DRAWN)]


@pytest.mark.parametrize("seed", range(0, CLIPS, 5))
def test_a_line_is_read_as_it_was_meant(seed: int) -> None:
    for gender in SUBJECT_NOUNS:
        for line in lines_on(clip_of(seed), seed, gender):
            caption = parse_caption(line)
            assert line.count("#") == 3
            assert caption.is_whole_clip
            assert [part for _, part in caption.tokens if part not in PARTS_OF_SPEECH] == []
            words = re.findall(r"[a-z]+", caption.text)
            assert len(words) == len(caption.tokens)


@pytest.mark.parametrize("seed", range(0, CLIPS, 5))
def test_a_sentence_is_tidy(seed: int) -> None:
    for line in lines_on(clip_of(seed), seed):
        text = line.partition("#")[0]
        assert re.fullmatch(r"[a-z]+( [a-z]+,?)* [a-z]+\.", text), text
        assert not re.search(r"\b(an? (an?|the|one|two)|a [aeiou])\b", text), text
        assert not re.search(r"\b(\w+) \1\b", text), text


def test_an_uninflected_lemma_stands_for_each_word() -> None:
    assert tokens_of("a man kicks/VERB high/ADV with his left foot twice") == (
        "a/DET man/NOUN kick/VERB high/ADV with/ADP his/DET left/ADJ foot/NOUN twice/ADV"
    )
    assert plain("steps/VERB to the left/NOUN, then walks") == "steps to the left, then walks"


def test_every_word_of_the_lexicon_is_said_and_every_variant_has_phrases() -> None:
    said: set[str] = set()
    rng = np.random.default_rng(0)
    for choice, gender in product((*CHOICES, *GESTURES), SUBJECT_NOUNS):
        for seed in range(ACTS_DRAWN):
            act = draw_act(rng, [choice])
            assert variant(act) in PHRASES
            lines = lines_on([act, act, act], seed, gender)
            said |= {token for line in lines for token in line.split("#")[1].split()}
    assert set(LEXICON.values()) <= said


def test_captions_of_a_clip_differ_and_there_are_three_of_most() -> None:
    counts = [len(lines_on(clip_of(seed), seed)) for seed in range(CLIPS)]
    assert min(counts) >= 2
    assert np.mean(np.array(counts) == 3) > 0.9


@pytest.mark.parametrize("seed", range(0, CLIPS, 2))
def test_the_mirrored_clip_has_the_same_sentences_with_sides_exchanged(seed: int) -> None:
    acts = clip_of(seed)
    mirrored = lines_on([act.mirrored() for act in acts], seed)
    swap = re.compile(rf"\b({'|'.join(MIRRORED)})\b")
    expected = [swap.sub(lambda word: MIRRORED[word[1]], line) for line in lines_on(acts, seed)]
    assert list(mirrored) == expected


@pytest.mark.parametrize("kind", sorted({choice.kind for choice in CHOICES}))
def test_sides_in_words_are_those_of_the_act(kind: str) -> None:
    for seed, act in enumerate(acts_of_kind(kind)):
        meant = {act.side, act.direction}
        if act.gesture:
            meant |= {act.gesture.side}
        for line in lines_on([act], seed):
            assert set(re.findall(r"\b(?:left|right|clockwise|counterclockwise)\b", line)) <= meant


@pytest.mark.parametrize("kind", sorted({choice.kind for choice in CHOICES}))
def test_numbers_in_words_are_those_of_the_act(kind: str) -> None:
    for seed, act in enumerate(acts_of_kind(kind)):
        meant = {act.count, 1} | ({act.gesture.count} if act.gesture else set())
        for line in lines_on([act], seed):
            words = re.findall(r"[a-z]+", line.partition("#")[0])
            assert {NUMBER_WORDS[word] for word in words if word in NUMBER_WORDS} <= meant


@pytest.mark.parametrize("kind", COUNTED_IN_WORDS)
def test_a_count_of_several_is_always_told(kind: str) -> None:
    for seed, act in enumerate(act for act in acts_of_kind(kind) if act.count > 1):
        for line in lines_on([act], seed):
            words = set(re.findall(r"[a-z]+", line.partition("#")[0]))
            assert words & NUMBER_WORDS.keys(), line


@pytest.mark.parametrize("kind", sorted({choice.kind for choice in CHOICES}))
def test_nobody_is_said_to_be_quick_who_is_slow(kind: str) -> None:
    for seed, act in enumerate(acts_of_kind(kind)):
        for line in lines_on([act], seed):
            words = set(re.findall(r"[a-z]+", line.partition("#")[0]))
            assert not (words & {"quick", "quickly", "fast"} and act.pace != "quick")
            assert not (words & {"slow", "slowly", "jogs", "jogging"} and act.pace != "slow")


@pytest.mark.parametrize(("gender", "others"), [("male", "woman her"), ("female", "man his")])
def test_the_possessive_goes_with_the_person(gender: str, others: str) -> None:
    for seed in range(100):
        for line in lines_on([Act("clap", "both", count=3)], seed, gender):
            words = set(line.partition("#")[0].split())
            assert not words & set(others.split())


def test_parts_of_a_clip_have_a_caption_each_with_its_seconds() -> None:
    wave, walk = Act("wave", "left", count=3), Act("walk", "right", "forward", 5)
    spans = [
        CaptionSpan((wave, walk)),
        CaptionSpan((wave,), 0.35, 2.5),
        CaptionSpan((walk,), 2.85, 6.0),
    ]
    lines = caption_lines(spans, "male", np.random.default_rng(1))
    parts = [parse_caption(line) for line in lines[-2:]]
    assert [(part.start_seconds, part.end_seconds) for part in parts] == [(0.35, 2.5), (2.85, 6.0)]
    assert "wave" in parts[0].text or "waves" in parts[0].text


def test_gestures_are_told_with_while_or_and() -> None:
    act = Act("walk", "left", "forward", 6, gesture=Act("clap", "both", count=3))
    words = [set(line.split()) for seed in range(20) for line in lines_on([act], seed)]
    assert all("while" in said or "and" in said for said in words)
    assert set.union(*words) >= {"while", "and"}
    assert set(MEANWHILE) == {choice.kind for choice in GESTURES}
