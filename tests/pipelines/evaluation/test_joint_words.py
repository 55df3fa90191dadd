"""Words for joints by rule: they are those of the acts, and mirror with the body."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.representations.skeleton import T2M
from motiondata.synthesis.acts import MIRRORED, Act
from pipelines.evaluation.joint_words import joints_to_words
from pipelines.evaluation.rule_captions import Y_UP_TO_Z_UP, joints_of, rule_captions
from shards.format.dataset import Dataset
from tests.support.captioned_features import make_captioned
from tests.support.evaluated_corpus import Corpus
from tests.support.performances import act_out

FPS = 20.0
Floats = NDArray[np.float64]


@lru_cache
def joints_while(*acts: Act) -> Floats:
    """Return joints of a body that performs acts, shaped (frames, 22, 3), z up, at `FPS`."""
    return act_out(*acts, fps=FPS).joints


WALK = Act("walk", "left", "forward", 7)
WORDS = {
    (WALK,): "a person walks forward",
    (Act("backward", "left", "backward", 5),): "a person walks backward",
    (Act("side_step", direction="left", count=3),): "a person steps to the left",
    (Act("wave", count=4, side="left"),): "a person waves with the left hand",
    (Act("clap", count=4, side="both"),): "a person claps four times",
    (Act("bow"),): "a person bows",
    (Act("stand"),): "a person stands still",
    (WALK, Act("wave", count=4, side="right")): (
        "a person walks forward, then waves with the right hand"
    ),
}


@pytest.mark.parametrize("acts", WORDS, ids=lambda acts: " ".join(each.kind for each in acts))
def test_the_words_are_those_of_the_acts(acts: tuple[Act, ...]) -> None:
    assert joints_to_words(joints_while(*acts), FPS) == WORDS[acts]


def test_words_do_not_change_as_the_body_is_turned_moved_and_scaled() -> None:
    acts = (WALK, Act("wave", count=4, side="right"))
    turned = joints_while(*acts) @ np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]]) * 3 + 7
    assert joints_to_words(turned, FPS) == WORDS[acts]


def test_a_mirrored_body_swaps_left_and_right() -> None:
    for acts in WORDS:
        mirrored = joints_while(*acts)[:, list(T2M.mirrored)] * [1, -1, 1]
        expected = " ".join(MIRRORED.get(word, word) for word in WORDS[acts].split())
        assert joints_to_words(mirrored, FPS) == expected


@pytest.mark.parametrize("frames", [1, 2])
def test_a_clip_of_few_frames_has_words(frames: int) -> None:
    assert joints_to_words(joints_while(WALK)[:frames], FPS) == "a person stands still"


def test_joints_with_y_up_have_the_words_of_those_with_z_up() -> None:
    y_up = np.empty_like(joints_while(WALK))
    y_up[..., Y_UP_TO_Z_UP] = joints_while(WALK)
    assert np.linalg.det(np.eye(3)[list(Y_UP_TO_Z_UP)]) == pytest.approx(1)
    assert joints_to_words(y_up[..., Y_UP_TO_Z_UP], FPS) == WORDS[(WALK,)]


def test_every_clip_of_a_split_has_its_words(corpus: Corpus) -> None:
    assert joints_of(corpus.dataset, None) is corpus.dataset
    keys = corpus.test.keys
    found = rule_captions(corpus.dataset, "test", keys)
    assert len(found) == len(keys)
    assert rule_captions(corpus.dataset, "test", keys[:2]) == found[:2]


def test_a_dataset_without_joints_has_no_words_and_cannot_be_named(tmp_path: Path) -> None:
    without = make_captioned(tmp_path)
    assert joints_of(Dataset.open(without.path), None) is None
    with pytest.raises(InputError, match="expected a field joints of SMPL's 22 joints"):
        joints_of(without, without.path)
