"""Attributes that captions name are counted, and compared with chance."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.evaluation.attributes.counting import (
    AttributeTotals,
    Confusion,
    attribute_chance,
    count_attributes,
    new_values,
)
from pipelines.evaluation.attributes.labels import AttributeLabels

TEXTS = {
    "act": {"walk": ("walks",), "run": ("runs",)},
    "mood": {"plain": ("",), "sad": ("sadly",)},
}
CLIPS = [
    {"act": "walk", "mood": "sad"},
    {"act": "walk", "mood": "plain"},
    {"act": "run", "mood": "sad"},
    {"act": "run", "mood": "plain"},
]
LABELS = AttributeLabels(Path("labels.jsonl"), ("a person {act} {mood}",), TEXTS, {})


def test_a_clip_is_right_if_every_attribute_is_named_alone() -> None:
    captions = [
        "a person walks sadly",
        "a person runs",
        "a person walks and runs sadly",
        "a person runs happily",
    ]
    assert count_attributes(captions, CLIPS, LABELS) == AttributeTotals(
        clips=4,
        right={"act": 2, "mood": 3},
        all_right=1,
        confusions={
            "act": [Confusion("run", "several", 1), Confusion("walk", "run", 1)],
            "mood": [Confusion("plain", "none", 1)],
        },
    )


def test_frequent_confusions_come_first() -> None:
    found = count_attributes(["a person runs"] * 4, CLIPS, LABELS).confusions
    assert found["act"] == [Confusion("walk", "run", 2)]
    found = count_attributes(
        ["runs", "a walk", "a person runs sadly", "runs"], CLIPS, LABELS
    ).confusions
    assert found["act"] == [Confusion("walk", "none", 1), Confusion("walk", "run", 1)]


def test_chance_is_what_draws_give() -> None:
    train = [*CLIPS, CLIPS[0], {"act": "hop", "mood": "sad"}]
    chance = attribute_chance(CLIPS[:3], train)
    random = np.random.default_rng(0)
    drawn = {name: random.choice([clip[name] for clip in train], (40_000, 3)) for name in TEXTS}
    right = {name: drawn[name] == [clip[name] for clip in CLIPS[:3]] for name in TEXTS}
    for name, hits in right.items():
        assert chance.right[name] == pytest.approx(hits.mean(), abs=0.01)
    assert chance.all_right == pytest.approx((right["act"] & right["mood"]).mean(), abs=0.01)


def test_values_are_new_alone_or_together() -> None:
    train = [{"act": "walk", "mood": "sad"}, {"act": "run", "mood": "plain"}]
    clips = [*CLIPS, {"act": "hop", "mood": "sad"}]
    found = new_values(clips, train)
    assert (found.values, found.combinations) == ({"act": 1, "mood": 0}, 3)
