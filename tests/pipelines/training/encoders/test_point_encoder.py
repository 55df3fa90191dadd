"""The point encoder: what must not change a clip's features, and what must."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from motiondata.errors import InputError
from pipelines.training.encoders.options import EncoderOptions
from pipelines.training.encoders.point_encoder import (
    FEATURES,
    PointEncoder,
    changes,
    positions,
)

TINY = EncoderOptions(points=6, point_width=8, width=16, layers=2, heads=2, dropout=0.3)
MEAN, STD = torch.tensor([8.0, 0.0, -1.0]), torch.tensor([1.0, 1.2, 0.6])
LOCAL = replace(TINY, layers=0, convolutions=2, velocities=True)
"""A frame sees four frames before and after it, and the differences to the frames before them."""
CENTERED = replace(TINY, centered=True)
KINDS = pytest.mark.parametrize("options", [TINY, LOCAL, CENTERED, replace(LOCAL, centered=True)])
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 8))
"""Numbers of clips, frames and points."""


def make_encoder(options: EncoderOptions = TINY) -> PointEncoder:
    torch.manual_seed(0)
    return PointEncoder(options, MEAN, STD).eval()


def make_points(clips: int, frames: int, points: int, seed: int = 0) -> Tensor:
    """Return random points of bodies, shaped (clips, frames, points, 3)."""
    generator = torch.Generator().manual_seed(seed)
    return MEAN + STD * torch.randn(clips, frames, points, 3, generator=generator)


def encode(encoder: nn.Module, points: Tensor, mask: Tensor | None = None) -> Tensor:
    mask = torch.ones(points.shape[:2], dtype=torch.bool) if mask is None else mask
    with torch.no_grad():
        features: Tensor = encoder(points, mask)
    return features


def equal(first: Tensor, second: Tensor) -> bool:
    return torch.allclose(first, second, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(shape=SHAPES, seed=st.integers(0, 99))
def test_the_order_of_the_points_does_not_matter(shape: tuple[int, int, int], seed: int) -> None:
    encoder, points = make_encoder(replace(TINY, points=shape[2])), make_points(*shape, seed)
    order = torch.randperm(shape[2], generator=torch.Generator().manual_seed(seed))
    features = encode(encoder, points)
    assert features.shape == (*shape[:2], FEATURES)
    assert equal(encode(encoder, points[:, :, order]), features)


@KINDS
@settings(max_examples=20, deadline=None)
@given(shape=SHAPES, padding=st.integers(1, 9), seed=st.integers(0, 99))
def test_padding_does_not_matter_whatever_it_holds(
    options: EncoderOptions, shape: tuple[int, int, int], padding: int, seed: int
) -> None:
    encoder, points = make_encoder(options), make_points(*shape, seed)
    clips, frames, per_frame = shape
    padded = torch.cat([points, make_points(clips, padding, per_frame, seed + 1)], 1)
    mask = (torch.arange(frames + padding) < frames).expand(clips, -1)
    features = encode(encoder, padded, mask)
    assert equal(features[:, :frames], encode(encoder, points))
    assert not features[:, frames:].any()


@settings(max_examples=10, deadline=None)
@given(shape=SHAPES, seed=st.integers(0, 99))
def test_clips_of_a_batch_do_not_see_each_other(shape: tuple[int, int, int], seed: int) -> None:
    encoder, points = make_encoder(), make_points(*shape, seed)
    alone = torch.cat([encode(encoder, clip[None]) for clip in points])
    assert equal(encode(encoder, points), alone)


def test_only_the_first_points_are_looked_at() -> None:
    encoder, points = make_encoder(), make_points(1, 4, 10)
    assert equal(encode(encoder, points), encode(encoder, points[:, :, : TINY.points]))
    assert not equal(encode(encoder, points), encode(encoder, points[:, :, 1:]))


def test_the_order_of_the_frames_matters() -> None:
    encoder, points = make_encoder(), make_points(1, 5, 6)
    assert not equal(encode(encoder, points.flip(1)).flip(1), encode(encoder, points))


def test_where_a_body_is_matters_and_so_does_its_shape() -> None:
    encoder, points = make_encoder(), make_points(1, 5, 6)
    features = encode(encoder, points)
    assert not equal(encode(encoder, points + torch.tensor([0.5, 0, 0])), features)
    mirrored = MEAN + (points - MEAN) * torch.tensor([1, -1, 1])
    assert not equal(encode(encoder, mirrored), features)


@KINDS
def test_frames_without_hits_at_the_end_are_to_the_others_as_padding(
    options: EncoderOptions,
) -> None:
    encoder, points = make_encoder(options), make_points(1, 7, 6)
    empty = torch.cat([points, torch.zeros(1, 3, 6, 3)], 1)
    assert equal(encode(encoder, empty)[:, :7], encode(encoder, points))


def test_clips_without_any_hit_have_finite_features() -> None:
    points = torch.zeros(2, 4, 6, 3)
    assert torch.isfinite(encode(make_encoder(), points)).all()
    points[1] = make_points(1, 4, 6)[0]
    assert torch.isfinite(encode(make_encoder(), points)).all()


def test_moving_the_world_and_its_statistics_together_changes_nothing() -> None:
    points, offset = make_points(2, 5, 6), torch.tensor([3.0, -2.0, 1.0])
    encoder = make_encoder()
    features = encode(encoder, points)
    encoder.mean += offset
    assert equal(encode(encoder, points + offset), features)


@pytest.mark.parametrize("velocities", [False, True])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), angle=st.floats(-3.2, 3.2), farther=st.floats(-2, 12))
def test_a_centered_encoder_sees_no_place_of_the_sensor(
    velocities: bool, seed: int, angle: float, farther: float
) -> None:
    encoder = make_encoder(replace(CENTERED, velocities=velocities))
    points = make_points(1, 5, 6, seed)
    ahead = points.mean((0, 1, 2)) * torch.tensor([1.0, 1, 0])
    ahead = ahead / torch.linalg.vector_norm(ahead)
    moved = points + farther * ahead + torch.tensor([0, 0, 0.5])
    features = encode(encoder, points)
    assert torch.allclose(encode(encoder, turned(moved, angle)), features, atol=1e-3)
    usual = make_encoder()
    assert not torch.allclose(encode(usual, turned(moved, angle)), encode(usual, points), atol=1e-3)


def turned(points: Tensor, angle: float) -> Tensor:
    """Return points turned about the vertical axis of the sensor, by radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix = torch.tensor([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], dtype=points.dtype)
    return points @ matrix.T


def test_a_centered_encoder_sees_the_path_within_a_clip_and_which_side_is_seen() -> None:
    encoder, points = make_encoder(CENTERED), make_points(1, 5, 6)
    features, path = encode(encoder, points), torch.linspace(0, 1, 5)[None, :, None, None]
    assert not equal(encode(encoder, points + path * torch.tensor([1.0, 0, 0])), features)
    middle = points.mean((0, 1, 2))
    assert not equal(encode(encoder, turned(points - middle, 1.0) + middle), features)


def test_without_a_transformer_a_feature_depends_on_the_frames_around_it_only() -> None:
    encoder, points = make_encoder(LOCAL), make_points(1, 20, 6)
    changed = points.clone()
    changed[:, 8] += make_points(1, 1, 6, seed=1)[:, 0]
    differ = (encode(encoder, points) - encode(encoder, changed)).abs().amax(-1)[0] > 1e-6
    assert differ.nonzero().flatten().tolist() == [*range(4, 14)]


def test_changes_are_differences_of_neighbors_that_are_both_seen() -> None:
    values = torch.tensor([1.0, 4.0, 9.0, 16.0, 25.0])[None, :, None]
    seen = torch.tensor([[True, True, False, True, True]])
    assert changes(values, seen).flatten().tolist() == [0, 3, 0, 0, 9]


@KINDS
def test_gradients_reach_every_parameter(options: EncoderOptions) -> None:
    encoder = make_encoder(options)
    encoder(make_points(2, 5, 6), torch.ones(2, 5, dtype=torch.bool)).square().sum().backward()
    assert all(each.grad is not None and each.grad.any() for each in encoder.parameters())


@pytest.mark.parametrize(
    "wrong", [{"points": 0}, {"width": 15}, {"heads": 3}, {"dropout": 1.0}, {"layers": -1}]
)
def test_sizes_that_do_not_fit_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected"):
        replace(TINY, **wrong)  # type: ignore[arg-type]


def test_waves_tell_frames_apart_at_any_length() -> None:
    waves = positions(torch.zeros(3000, 16)).numpy()
    assert len(np.unique(waves.round(4), axis=0)) == 3000
