"""The linear probe: a logistic regression like a slow one, and captions of what it finds."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.evaluation.attributes.labels import AttributeLabels, Values
from pipelines.evaluation.attributes.linear_probe import (
    STRENGTH,
    STRENGTHS,
    LabeledVectors,
    probe_captions,
)
from pipelines.evaluation.attributes.logistic_regression import LogisticRegression

Floats = NDArray[np.float64]
ACTS, MOODS = ("bow", "run", "walk"), ("proud", "sad")
TEXTS: dict[str, dict[str, tuple[str, ...]]] = {
    "act": {act: (f"{act}s", f"does {act}") for act in ACTS},
    "mood": {mood: (f"{mood}ly",) for mood in MOODS},
}
LABELS = AttributeLabels(
    Path("labels.jsonl"), ("a person {act} {mood}", "x {act} {mood}"), TEXTS, {}
)


def slow_fit(vectors: Floats, classes: list[int], strength: float) -> tuple[Floats, Floats]:
    """Minimize the same objective by plain gradient descent, number by number."""
    numbers, known = vectors.shape[1], max(classes) + 1
    weights, intercepts = np.zeros((numbers, known)), np.zeros(known)
    for _ in range(3000):
        slopes, lifts = strength * weights, np.zeros(known)
        for vector, right in zip(vectors, classes, strict=True):
            scores = [math.exp(vector @ weights[:, k] + intercepts[k]) for k in range(known)]
            for k in range(known):
                error = (scores[k] / sum(scores) - (k == right)) / len(vectors)
                slopes[:, k] += error * vector
                lifts[k] += error
        weights, intercepts = weights - 0.5 * slopes, intercepts - 0.5 * lifts
    return weights, intercepts


@pytest.mark.parametrize("numbers", [3, 20])
def test_the_fit_is_that_of_plain_gradient_descent(numbers: int) -> None:
    random = np.random.default_rng(1)
    vectors, classes = random.normal(size=(12, numbers)), [0, 1, 2] * 4
    found = LogisticRegression.fit(vectors, np.array(classes), 0.1)
    weights, intercepts = slow_fit(vectors, classes, 0.1)
    np.testing.assert_allclose(found.weights, weights, atol=1e-4)
    np.testing.assert_allclose(found.intercepts - found.intercepts.mean(),
                               intercepts - intercepts.mean(), atol=1e-4)  # fmt: skip


def test_a_strong_penalty_leaves_the_shares_of_classes() -> None:
    vectors = np.random.default_rng(2).normal(size=(10, 4))
    model = LogisticRegression.fit(vectors, np.array([0] * 7 + [1] * 3), 1e6)
    np.testing.assert_allclose(
        np.exp(model.log_probabilities(vectors)), [[0.7, 0.3]] * 10, atol=1e-3
    )


def made(pairs: list[tuple[str, str]], seed: int, noise: float = 0.1) -> LabeledVectors:
    """Make vectors that are sums of a direction of the act and one of the mood, and a constant."""
    random = np.random.default_rng(seed)
    rows = [
        np.r_[np.eye(3)[ACTS.index(act)], np.eye(2)[MOODS.index(mood)], 5.0] for act, mood in pairs
    ]
    values: list[Values] = [{"act": act, "mood": mood} for act, mood in pairs]
    spread = np.array([*[noise] * 5, 0])
    return LabeledVectors(np.stack(rows) + spread * random.normal(size=(len(rows), 6)), values)


KNOWN = [("bow", "proud"), ("run", "sad"), ("walk", "sad"), ("walk", "proud"), ("run", "proud")]


def test_a_combination_that_was_never_seen_is_read_off() -> None:
    found = probe_captions(
        LABELS, made(KNOWN * 6, 0), made(KNOWN, 1), made([("bow", "sad")], 2).vectors
    )
    assert found.captions == ["a person bows sadly"]
    assert found.validation_clips == len(KNOWN)


def test_the_strength_has_the_least_loss_on_val() -> None:
    train, val = made(KNOWN * 4, 0, noise=1.5), made(KNOWN * 4, 1, noise=1.5)
    found = probe_captions(LABELS, train, val, val.vectors)
    mean, std = train.vectors[:, :5].mean(axis=0), train.vectors[:, :5].std(axis=0)
    for name, choice in found.choices.items():
        names = sorted({each[name] for each in train.values})
        classes = [
            np.array([names.index(each[name]) for each in part.values]) for part in (train, val)
        ]
        for strength in STRENGTHS:
            model = LogisticRegression.fit(
                (train.vectors[:, :5] - mean) / std, classes[0], strength
            )
            logs = model.log_probabilities((val.vectors[:, :5] - mean) / std)
            expected = -logs[range(len(val.values)), classes[1]].mean()
            assert choice.losses[f"{strength:g}"] == pytest.approx(expected)
        assert choice.losses[f"{choice.strength:g}"] == min(choice.losses.values())
    assert STRENGTHS[-1] < found.choices["act"].strength <= STRENGTHS[0]


@pytest.mark.parametrize("value", [None, "hop"])
def test_without_a_known_value_in_val_the_strength_is_the_usual_one(value: str | None) -> None:
    train = made(KNOWN * 4, 0)
    held: list[Values] = [] if value is None else [{"act": value, "mood": value}]
    val = LabeledVectors(train.vectors[: len(held)], held)
    found = probe_captions(LABELS, train, val, train.vectors[:2])
    assert found.captions == ["a person bows proudly", "a person runs sadly"]
    assert all((each.strength, each.losses) == (STRENGTH, {}) for each in found.choices.values())


def test_a_single_value_in_training_is_always_named() -> None:
    train = made([("walk", "sad"), ("walk", "proud")] * 3, 0)
    found = probe_captions(LABELS, train, train, made([("bow", "sad")], 1).vectors)
    assert found.captions == ["a person walks sadly"]
