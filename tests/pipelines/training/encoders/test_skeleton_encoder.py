"""ST-GCN: its graph is that of the body, and padding and other clips change nothing."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from motiondata.errors import InputError
from motiondata.skeletons import JOINT, JOINTS, PARENTS
from pipelines.training.encoders.options import EncoderOptions
from pipelines.training.encoders.skeleton_encoder import (
    SUBSETS,
    Block,
    SkeletonEncoder,
    partitioned_adjacency,
)

SMALL = EncoderOptions(width=8, layers=2, heads=2, dropout=0.2)
MEAN, STD = torch.tensor([8.0, 0.0, -1.0]), torch.tensor([1.0, 1.2, 0.6])
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 12))


def make_encoder() -> SkeletonEncoder:
    torch.manual_seed(0)
    return SkeletonEncoder(SMALL, MEAN, STD).eval()


def make_joints(clips: int, frames: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return MEAN + STD * torch.randn(clips, frames, JOINTS, 3, generator=generator)


def encode(joints: Tensor, mask: Tensor | None = None) -> Tensor:
    mask = torch.ones(joints.shape[:2], dtype=torch.bool) if mask is None else mask
    with torch.no_grad():
        features: Tensor = make_encoder()(joints, mask)
    return features


@pytest.mark.parametrize("wrong", [{"velocities": True}, {"convolutions": 3}])
def test_options_of_the_encoder_of_points_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"--{next(iter(wrong))}: expected none for st-gcn"):
        SkeletonEncoder(replace(SMALL, **wrong), MEAN, STD)  # type: ignore[arg-type]


def test_the_graph_has_each_bone_in_both_directions_and_sums_to_one() -> None:
    graph = partitioned_adjacency()
    assert torch.allclose(graph.sum((0, 1)), torch.ones(JOINTS))
    knee, hip, ankle = JOINT["left_knee"], JOINT["left_hip"], JOINT["left_ankle"]
    assert graph[1, knee].nonzero().flatten().tolist() == [hip]
    assert graph[2, knee].nonzero().flatten().tolist() == [ankle]
    assert graph.count_nonzero() == JOINTS + 2 * (JOINTS - 1)


def test_a_block_is_a_sum_over_neighbors_joint_by_joint() -> None:
    torch.manual_seed(1)
    block = Block(2, 4, 0.0).eval()
    block.importance.data.uniform_(0.5, 2)
    values, mask = torch.randn(1, 1, JOINTS, 2), torch.ones(1, 1, dtype=torch.bool)
    graph, weights = partitioned_adjacency(), block.of_subsets.weight.view(SUBSETS, 4, 2)
    bias, rows = block.of_subsets.bias.view(SUBSETS, 4), []
    bias_of_times = block.of_times.bias
    assert bias_of_times is not None
    for joint in range(JOINTS):
        row = torch.zeros(4)
        for subset in range(SUBSETS):
            for other in range(JOINTS):
                edge = graph[subset, joint, other] * block.importance[subset, joint, other]
                row = row + edge * (weights[subset] @ values[0, 0, other] + bias[subset])
        # One frame: only the middle of the kernel over time meets it.
        row = torch.nn.functional.gelu(block.before_time(row))
        row = block.of_times.weight[:, :, 4] @ row + bias_of_times
        rows.append(
            torch.nn.functional.gelu(block.after_time(row) + block.around(values[0, 0, joint]))
        )
    with torch.no_grad():
        assert torch.allclose(block(values, mask)[0, 0], torch.stack(rows), atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(shape=SHAPES, padding=st.integers(1, 9), seed=st.integers(0, 99))
def test_padding_does_not_matter_whatever_it_holds(
    shape: tuple[int, int], padding: int, seed: int
) -> None:
    joints = make_joints(*shape, seed)
    padded = torch.cat([joints, make_joints(shape[0], padding, seed + 1)], 1)
    mask = (torch.arange(padded.shape[1]) < shape[1]).expand(shape[0], -1)
    features = encode(padded, mask)
    assert torch.allclose(features[:, : shape[1]], encode(joints), atol=1e-5)
    assert not features[:, shape[1] :].any()


@settings(max_examples=5, deadline=None)
@given(shape=SHAPES, seed=st.integers(0, 99))
def test_clips_of_a_batch_do_not_see_each_other(shape: tuple[int, int], seed: int) -> None:
    joints = make_joints(*shape, seed)
    alone = torch.cat([encode(clip[None]) for clip in joints])
    assert torch.allclose(encode(joints), alone, atol=1e-5)


@pytest.mark.parametrize(
    "joint", [joint for joint, parent in enumerate(PARENTS) if parent > 0][::4]
)
def test_every_joint_counts(joint: int) -> None:
    joints = make_joints(1, 3)
    moved = joints.clone()
    moved[:, :, joint] += 0.3
    assert not torch.allclose(encode(joints), encode(moved), atol=1e-4)


def test_more_joints_than_smpls_22_are_left_out() -> None:
    joints = make_joints(1, 4)
    assert torch.equal(encode(torch.cat([joints, joints[:, :, :2]], 2)), encode(joints))
