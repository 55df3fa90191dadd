"""Measures of a reconstruction, and the alarms they raise."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.training.motion_fields import MotionFields
from pipelines.training.tokenizers.alarms import alarms
from pipelines.training.tokenizers.codebook_use import CodebookUse, codebook_use
from pipelines.training.tokenizers.reconstruction import (
    Comparison,
    Features,
    ReconstructionMeasures,
    StageMeasures,
    TokenizerMeasures,
)

FIELDS = MotionFields("humanml3d-263")
COMPARISON = Comparison(FIELDS, np.zeros(263, np.float32), np.ones(263, np.float32))
CLIP = np.random.default_rng(0).normal(size=(12, 263)).astype(np.float32) * 0.1


def test_a_perfect_reconstruction_has_no_error() -> None:
    found = COMPARISON.measure([(CLIP, CLIP)])
    assert (found.smooth_l1, found.mpjpe_mm, found.acceleration_error) == (0, 0, 0)
    assert found.variation == pytest.approx(1)


def test_one_joint_moved_by_a_centimeter_moves_the_mean_of_22_joints() -> None:
    moved = CLIP.copy()
    moved[:, 5] += 0.01  # the height of the first joint after the root
    found = COMPARISON.measure([(CLIP, moved)])
    assert found.mpjpe_mm == pytest.approx(10 / 22, rel=1e-4)
    assert found.acceleration_error == pytest.approx(0, abs=1e-3)


def test_a_moved_root_is_no_error_of_the_pose() -> None:
    moved = CLIP.copy()
    moved[:, 1:3] += 0.05
    assert COMPARISON.measure([(CLIP, moved)]).mpjpe_mm == pytest.approx(0, abs=1e-3)


def test_clips_have_equal_weight_whatever_their_length() -> None:
    moved = CLIP.copy()
    moved[:, 5] += 0.01
    found = COMPARISON.measure([(CLIP, moved), (CLIP[:3], CLIP[:3])])
    assert found.mpjpe_mm == pytest.approx(5 / 22, rel=1e-4)


@pytest.mark.parametrize(
    ("codes", "used", "perplexity"),
    [([0, 0, 0, 0], 1, 1.0), ([0, 1, 2, 3], 4, 4.0), ([0, 0, 1, 1], 2, 2.0)],
)
def test_perplexity_is_the_number_of_codes_that_are_used_equally_often(
    codes: list[int], used: int, perplexity: float
) -> None:
    found = codebook_use([np.array(codes, np.int32)], 8)
    assert (found.used, found.tokens, found.reachable) == (used, 4, 4)
    assert found.perplexity == pytest.approx(perplexity)


def test_each_stage_is_measured_after_those_before_it() -> None:
    rows = np.array([[3, 1], [3, 2], [0, 1]], np.int32)

    def decode(codes: NDArray[np.int32], frames: int) -> Features:
        moved = CLIP[:frames].copy()
        moved[:, 5] += 0.01 * (3 - codes.shape[1])
        return moved

    found = COMPARISON.measure_tokenizer([CLIP, CLIP], lambda _: rows, decode, 4)
    assert [each.mpjpe_mm for each in found.stages] == pytest.approx([20 / 22, 10 / 22], rel=1e-4)
    assert found.tokenizer.mpjpe_mm == found.stages[-1].mpjpe_mm
    assert [each.use.used for each in found.stages] == [2, 2]
    assert (found.use.used, found.use.codes, found.use.tokens) == (4, 8, 12)
    quick = COMPARISON.measure_tokenizer([CLIP], lambda _: rows, decode, 4, each_stage=False)
    assert [each.mpjpe_mm for each in quick.stages] == [None, quick.tokenizer.mpjpe_mm]


GOOD = ReconstructionMeasures(3, 0.1, 20.0, 1.0, 0.9)
USED = CodebookUse(512, 5000, 400, 300.0)
DEAD = replace(USED, used=20)
MEASURES = TokenizerMeasures(GOOD, GOOD, USED)


@pytest.mark.parametrize(
    ("measures", "watched", "expected"),
    [
        (MEASURES, [{"perplexity": 320.0}], []),
        (replace(MEASURES, tokenizer=replace(GOOD, variation=0.05)), [], ["nearly the same pose"]),
        (replace(MEASURES, use=replace(USED, used=20)), [], ["20 of 512 codes are used"]),
        (
            replace(MEASURES, use=replace(USED, perplexity=40.0)),
            [{"perplexity": 300.0}, {"perplexity": 45.0}],
            ["fell from 300 to 40"],
        ),
        (
            replace(MEASURES, stages=(StageMeasures(30.0, USED), StageMeasures(20.0, DEAD))),
            [],
            ["20 of 512 codes of stage 2 are used, the others are dead"],
        ),
    ],
)
def test_a_collapse_raises_an_alarm_with_its_reason(
    measures: TokenizerMeasures, watched: list[dict[str, float]], expected: list[str]
) -> None:
    found = alarms(measures, watched)
    assert len(found) == len(expected)
    assert all(part in alarm for part, alarm in zip(expected, found, strict=True))
