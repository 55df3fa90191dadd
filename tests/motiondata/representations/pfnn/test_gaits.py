"""Gaits: those of files are merged, those of made motions are what the motion is."""

import numpy as np
import pytest

from motiondata.representations.pfnn.gaits import crouching, merge_gaits
from motiondata.representations.pfnn.layout import GAITS
from motiondata.representations.pfnn.skeleton import HEAD
from motiondata.representations.pfnn.smpl_takes import with_labels
from motiondata.representations.pfnn.take import Soles, label_take
from motiondata.sources.pfnn.labels import GAITS as FILE_GAITS
from motiondata.sources.pfnn.takes import read_take
from tests.support.pfnn_takes import made_take
from tests.support.reference_data import reference_data


@pytest.mark.parametrize(
    ("kind", "pace", "gait"),
    [("walk", "", "walk"), ("walk", "slow", "walk"), ("run", "", "jog_run")],
)
def test_gaits_of_made_motions_are_found(kind: str, pace: str, gait: str) -> None:
    made = made_take(kind, pace)
    weights = made.take.gait
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    middle = len(weights) // 2
    assert GAITS[weights[middle - 30 : middle + 30].mean(axis=0).argmax()] == gait
    assert GAITS[weights[:20].mean(axis=0).argmax()] == "stand"


def test_a_sneaking_person_crouches_and_a_walking_one_does_not() -> None:
    crouch = GAITS.index("crouch_crawl")
    sneaks, walks = (made_take(kind).take.gait[:, crouch].max() for kind in ("sneak", "walk"))
    assert sneaks > 0.09
    assert walks == 0


def test_the_gait_of_a_real_take_of_jogging_is_found() -> None:
    take = read_take(reference_data("sources", "pfnn", "LocomotionFlat04_000.bvh"))
    found = label_take(take.joints, take.rotations, 1.42, Soles()).gait
    jog = GAITS.index("jog_run")
    labeled = take.gait[:, jog] > 0.9
    assert labeled.sum() > 800
    assert np.mean(found[labeled, jog] > 0.5) > 0.75


def test_gaits_of_files_are_merged() -> None:
    every = merge_gaits(np.eye(8))
    merged = dict(zip(FILE_GAITS, [GAITS[row.argmax()] for row in every], strict=True))
    assert merged == {
        "stand": "stand", "walk": "walk", "jog": "jog_run", "run": "jog_run",
        "crouch": "crouch_crawl", "jump": "jump", "crawl": "crouch_crawl", "unknown": "unknown",
    }  # fmt: skip
    np.testing.assert_array_equal(every.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("height", "standing", "expected"),
    [(1.42, 1.42, 0.0), (1.3, 1.42, 0.0), (0.8, 1.42, 1.0), (1.05, 1.42, 0.5), (1.6, 2.84, 1.0)],
)
def test_crouching_is_measured_by_the_height_of_the_head(
    height: float, standing: float, expected: float
) -> None:
    assert crouching(np.array([height]), standing)[0] == pytest.approx(expected)


def test_given_labels_give_cycles() -> None:
    take = made_take().take
    phase = np.arange(take.frames) / 50 % 1.0
    labeled = with_labels(take, phase, np.eye(6)[np.ones(take.frames, int)])
    assert labeled.cycles[:2] == ((0, 50), (50, 100))


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_take_may_have_few_frames(frames: int) -> None:
    joints, rotations = np.zeros((frames, 31, 3)), np.zeros((frames, 31, 3, 3))
    joints[:, HEAD, 1] = 1.5
    gait = label_take(joints, rotations, 1.5, Soles()).gait
    assert [GAITS[number] for number in gait.argmax(axis=1)] == ["stand"] * frames
