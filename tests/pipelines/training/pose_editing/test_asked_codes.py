"""Codes of edits against what texts ask for, on built pairs, where every text is true."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import ShapedBody, shape_body
from motiondata.pose_pairs.statements import CHANGE, REACH, STATE
from pipelines.training.pose_editing.asked_codes import EditCodes, fulfilled
from pipelines.training.pose_editing.edit_items import EditItems, read_items
from pipelines.training.pose_editing.edit_measures import joint_errors, measure_edits
from pipelines.training.pose_editing.edit_rows import row_cells
from pipelines.training.pose_editing.pose_baselines import COPY, MEAN, baselines_of
from pipelines.training.pose_editing.pose_editor import log_likelihood
from pipelines.training.pose_editing.pose_features import places_of, rest_joints
from pipelines.training.pose_pairs.read_pairs import B, read_pose_pairs
from shards import open_dataset
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.pose_pairs import make_pose_pairs


@pytest.fixture(scope="module", name="data")
def build_once(tmp_path_factory: pytest.TempPathFactory) -> StreamedDataset:
    return open_dataset(make_pose_pairs(tmp_path_factory.mktemp("codes")).path)


@pytest.fixture(scope="module")
def items(data: StreamedDataset) -> EditItems:
    return read_items(data, "train", 40)


@pytest.fixture(scope="module")
def shaped() -> ShapedBody:
    return shape_body(bundled_body(), np.zeros(0))


def test_each_text_of_each_pair_is_an_item(data: StreamedDataset, items: EditItems) -> None:
    pairs = read_pose_pairs(data, "train", 40)
    assert items.texts == tuple(text for texts in pairs.texts for text in texts)
    assert items.pair.tolist() == np.repeat(np.arange(40), 3).tolist()
    assert items.matrices_b.numpy() == pytest.approx(
        pairs.rotations[items.pair, B].numpy(), abs=1e-6
    )


def test_pose_b_fulfils_all_that_its_texts_say(items: EditItems, shaped: ShapedBody) -> None:
    assert {each.kind for says in items.says for each in says} >= {CHANGE, REACH, STATE}
    assert items.in_sequence.any()
    assert not items.in_sequence.all()
    found = measure_edits(items, items.second, shaped, surfaces=True)
    assert (found.said_exactly, found.said_in_direction) == (1, 1)
    assert (found.joint_error_mm, found.vertex_error_mm) == (0, 0)


def test_the_codes_are_those_of_the_dataset(
    data: StreamedDataset, items: EditItems, shaped: ShapedBody
) -> None:
    codes = EditCodes.of(items.first, items.second, items.in_sequence, shaped)
    keys = read_pose_pairs(data, "train", 40).keys
    stored = np.stack([np.asarray(data[keys[pair]]["levels"]) for pair in items.pair])
    assert (codes.pairs.levels == stored).mean() > 0.999  # turned back, so rounded once more


def test_no_change_fulfils_no_statement_of_a_change(items: EditItems, shaped: ShapedBody) -> None:
    says = tuple(
        tuple(each for each in statements if each.kind in (CHANGE, REACH))
        for statements in items.says
    )
    codes = EditCodes.of(items.first, items.first, items.in_sequence, shaped)
    assert fulfilled(codes, says).in_direction == 0


def test_of_texts_that_say_nothing_no_share_holds(items: EditItems, shaped: ShapedBody) -> None:
    silent = replace(items, says=tuple(() for _ in items.says))
    found = measure_edits(silent, items.second, shaped)
    assert (found.said_exactly, found.said_in_direction) == (None, None)
    assert row_cells("edit", found)[3:5] == ("-", "-")


def test_a_text_of_another_pair_is_never_one_of_the_same_pair(items: EditItems) -> None:
    for stop in (4, 6, 7, 9, 120):
        some = items.part(0, stop)
        others = some.texts_of_other_pairs()
        assert others is not None
        for text, pair in zip(others, some.pair, strict=True):
            assert text in [some.texts[at] for at in np.flatnonzero(some.pair != pair)]
    assert items.part(0, 3).texts_of_other_pairs() is None


def test_a_smaller_change_has_the_direction_only(items: EditItems, shaped: ShapedBody) -> None:
    codes = EditCodes.of(items.first, items.second, items.in_sequence, shaped)
    more = [
        [each._replace(value=each.value * 9) for each in says if each.kind == CHANGE]
        for says in items.says
    ]
    found = fulfilled(codes, more)
    assert (found.exactly, found.in_direction) == (0, 1)


def test_joint_errors_are_those_of_the_layers_of_the_editor(
    items: EditItems, shaped: ShapedBody
) -> None:
    rest = rest_joints()
    moved = places_of(items.matrices_a, rest) - places_of(items.matrices_b, rest)
    expected = moved.norm(dim=-1).sum(1) / 22 * 1000  # the pelvis does not move
    assert joint_errors(items.first, items.second, shaped) == pytest.approx(
        expected.numpy(), abs=0.05
    )


def test_joints_are_those_of_float32_whatever_the_precision_of_layers(items: EditItems) -> None:
    expected = places_of(items.matrices_b, rest_joints())
    with torch.autocast("cpu", torch.bfloat16):
        found = places_of(items.matrices_b, rest_joints())
    assert found.equal(expected)


def test_baselines_answer_with_pose_a_or_the_mean_and_have_the_best_deviations(
    data: StreamedDataset,
) -> None:
    items, rotations = read_items(data, "train"), read_pose_pairs(data, "train").rotations
    known = baselines_of(rotations)
    assert known[COPY].matrices(items).equal(items.matrices_a)
    mean = known[MEAN].answer(items)
    assert (mean == mean[0]).all()
    for baseline in known.values():
        best = baseline.likelihood(items)
        for change in (-0.1, 0.1):
            stds = tuple(each + change for each in baseline.log_stds)
            worse = replace(baseline, log_stds=stds).likelihood(items)
            assert best.rotations > worse.rotations
            assert best.joints > worse.joints


def test_the_log_likelihood_is_that_of_torch() -> None:
    wrong = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    normal = torch.distributions.Normal(0.0, torch.tensor(-1.5).exp())
    expected = normal.log_prob(wrong).sum(-1)  # type: ignore[no-untyped-call]
    assert torch.allclose(log_likelihood(wrong, torch.tensor(-1.5)), expected, atol=1e-4)
