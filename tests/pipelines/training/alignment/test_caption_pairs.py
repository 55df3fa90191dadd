"""Pairs: which captions are of which frames."""

import pytest
import torch

pytest.importorskip("transformers")

from pipelines.training.alignment.caption_pairs import CaptionPairs, batch_to_ranges
from pipelines.training.alignment.retrieval import right_pairs
from pipelines.training.common.clip_fields import captions_of_same_range


def details(*captions: tuple[str, float, float]) -> dict[str, object]:
    names = ("text", "start_seconds", "end_seconds")
    return {"captions": [dict(zip(names, caption, strict=True)) for caption in captions]}


WALK = details(("walks", 0, 0), ("goes", 0, 0), ("turns", 1, 2))
JUMP = details(("jumps", 0, 0))


def test_captions_of_the_same_seconds_go_together() -> None:
    assert captions_of_same_range(WALK, "goes") == ["walks", "goes"]
    assert captions_of_same_range(WALK, "turns") == ["turns"]


def test_all_captions_of_a_motion_are_right_also_those_of_another_sensors_sight() -> None:
    batch = {
        "keys": ["000001", "M000001", "000001_v1", "000001"],
        "json": [WALK, JUMP, WALK, WALK],
        "captions": ["walks", "jumps", "goes", "turns"],
        "starts": torch.tensor([0, 0, 0, 20]),
        "lengths": torch.tensor([60, 60, 60, 20]),
    }
    assert batch_to_ranges(batch)[0] == batch_to_ranges(batch)[2] != batch_to_ranges(batch)[1]
    pairs = CaptionPairs.of(batch)
    assert pairs.texts == ("walks", "goes", "jumps", "walks", "goes", "turns")
    walk, jump, turn = ("T T . T T .", ". . T . . .", ". . . . . T")
    expected = [[mark == "T" for mark in row.split()] for row in (walk, jump, walk, turn)]
    assert pairs.right.tolist() == expected


def test_the_same_words_are_right_for_whatever_they_were_said_of() -> None:
    one, other, third = [(key, (key, 0, 9)) for key in ("a", "b", "c")]
    said = [(one, "A man walks."), (one, "he goes"), (other, "a man walks"), (third, "jumps")]
    assert right_pairs([one, other, third], said).tolist() == [
        [True, True, True, False],
        [True, False, True, False],
        [False, False, False, True],
    ]
