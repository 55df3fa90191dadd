"""Joined motions: their tokens follow each other, and no new pair of acts is made."""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from motiondata.errors import InputError
from pipelines.training.language.instructions import CaptionedMotion
from pipelines.training.language.joining import (
    MOST_PARTS,
    Joiner,
    KnownPairs,
    join_captions,
    read_pairs,
)

KINDS = ("walk", "wave", "clap", "kick")
KEYS = [*KINDS, f"{KINDS[0]}_v1"]
MOTIONS = [
    CaptionedMotion((number,) * (number + 2), f"a man {kind}s.", 4 * (number + 2), 20.0)
    for number, kind in enumerate((*KINDS, KINDS[0]))
]
KNOWN = KnownPairs(
    {kind: frozenset({kind}) for kind in KINDS},
    frozenset(map(frozenset, [("walk", "wave"), ("walk", "clap"), ("wave", "clap")])),
)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 (no secrets)


def joined(joiner: Joiner, seed: int) -> list[CaptionedMotion]:
    randoms = [seeded(seed * 100 + k) for k in range(len(MOTIONS))]
    return joiner.join(MOTIONS, KEYS, randoms)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("A man waves.", "the woman claps.", "A man waves, then claps."),
        ("a woman waves her hand.", "someone lifts their arm.", "a woman waves her hand, then "
         "lifts her arm."),
        ("a person waves.", "first runs and then sits.", "a person waves, then runs and then "
         "sits."),
        ("a person waves.", "arms are raised.", "a person waves, then arms are raised."),
    ],
)  # fmt: skip
def test_two_captions_become_one_sentence_about_one_person(
    first: str, second: str, expected: str
) -> None:
    assert f"{join_captions(first, second, ', then ')}".removesuffix(".") == expected[:-1]


def test_parts_follow_each_other_with_their_captions_and_frames() -> None:
    found = [each for seed in range(20) for each in joined(Joiner(0.7, 100, None), seed)]
    parts = [[MOTIONS[0]] for _ in found]
    for motion, own in zip(found, parts, strict=True):
        codes = sorted({*motion.codes}, key=motion.codes.index)
        own[:] = [MOTIONS[code] for code in codes]
        assert motion.frames == 4 * len(motion.codes)
        assert all(KINDS[code % 4] in motion.caption for code in codes)
    assert max(map(len, parts)) == MOST_PARTS


def test_only_acts_that_a_training_clip_has_together_are_joined() -> None:
    found = [each for seed in range(40) for each in joined(Joiner(0.9, 100, KNOWN), seed)]
    pairs = {
        frozenset(pair)
        for motion in found
        for pair in combinations({KINDS[code % 4] for code in motion.codes}, 2)
    }
    assert pairs == KNOWN.pairs


def test_no_clip_follows_itself_and_with_labels_no_act_its_own_kind() -> None:
    for known in (None, KNOWN):
        found = [each for seed in range(20) for each in joined(Joiner(0.9, 100, known), seed)]
        for motion in found:
            parts = Counter(motion.codes)
            assert all(number == len(MOTIONS[code].codes) for code, number in parts.items())
            assert known is None or len({KINDS[code % 4] for code in parts}) == len(parts)


def test_no_joined_motion_is_longer_than_the_longest() -> None:
    found = [each for seed in range(20) for each in joined(Joiner(0.9, 7, None), seed)]
    assert max(len(each.codes) for each in found) <= 7


def test_without_a_share_the_motions_stay_and_nothing_is_drawn() -> None:
    random = seeded(1)
    assert Joiner(0.0, 100, None).join(MOTIONS, KEYS, [random] * 5) == MOTIONS
    assert random.random() == seeded(1).random()


def test_pairs_are_read_from_labels_with_gestures(tmp_path: Path) -> None:
    acts = [{"kind": "walk", "gesture": {"kind": "wave"}}, {"kind": "sit", "gesture": None}]
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps({"name": "000001", "acts": acts}) + "\n")
    known = read_pairs(labels, ["000001_v1"])
    assert known.pairs == {frozenset(pair) for pair in combinations(("walk", "wave", "sit"), 2)}
    with pytest.raises(InputError, match="a label of each training clip, none of 000002"):
        read_pairs(labels, ["000002"])


@pytest.mark.parametrize("line", ['{"name": "000001"}', "[]", '{"acts": [3]}'])
def test_another_file_is_no_file_of_labels(line: str, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text(f"{line}\n")
    with pytest.raises(InputError, match=r"labels\.jsonl, line 1: expected"):
        read_pairs(labels, [])


def test_labels_of_an_import_have_no_acts_and_a_sentence_says_so(tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    said = {
        "content": {"value": "bow", "texts": ["bows"]},
        "style": {"value": "sad", "texts": [""]},
    }
    labels.write_text(json.dumps({"name": "1", "captions": ["{content}"], "attributes": said}))
    said_of_it = (
        r"labels\.jsonl, line 1: expected the name and the acts of a clip, as motiondata synthesize"
        " writes them, found the attributes content, style, which motiondata import writes; omit "
        "--labels, and any clips are joined"
    )
    with pytest.raises(InputError, match=said_of_it):
        read_pairs(labels, ["1"])
