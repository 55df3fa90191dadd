"""Augmentation: bodies keep their form, and frames without hits stay empty."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from motiondata.errors import InputError
from pipelines.training.alignment.augmentation import augment
from pipelines.training.alignment.options import NO_AUGMENTATION, Augmentation
from tests.pipelines.training.encoders.test_point_encoder import MEAN, make_points

RIGID = Augmentation(turn_deg=40, scale=0, shift_meters=0.3, noise_meters=0)


def distances(points: Tensor) -> Tensor:
    """Return how far all points of each clip are from each other, over all its frames."""
    together = points.flatten(1, 2)
    return torch.cdist(together, together)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999))
def test_turns_and_shifts_move_a_clip_as_one(seed: int) -> None:
    torch.manual_seed(seed)
    points = make_points(3, 4, 5, seed).double()
    moved = augment(points, MEAN.double(), RIGID)
    assert torch.allclose(distances(moved), distances(points), atol=1e-5)
    assert not torch.allclose(moved, points, atol=1e-2)
    lifted = (moved - points)[..., 2]
    assert torch.allclose(lifted, lifted[:, :1, :1].expand_as(lifted), atol=1e-6)


def test_a_scale_is_the_clips_own() -> None:
    points = make_points(3, 4, 5).double()
    moved = augment(points, MEAN.double(), Augmentation(20, 0.1, 0.1, 0))
    ratios = (distances(moved) / distances(points)).nan_to_num(0).flatten(1)
    scales = ratios.max(1).values
    assert torch.allclose(ratios[ratios > 0].view(3, -1), scales[:, None], atol=1e-5)
    assert len({*scales.tolist()}) == 3


def test_a_turn_is_about_the_vertical_through_a_point() -> None:
    about = torch.tensor([8.0, 1.0, -1.0])
    turned = augment(about.expand(2, 3, 4, 3), about, Augmentation(90, 0, 0, 0))
    assert torch.allclose(turned, about.expand(2, 3, 4, 3), atol=1e-5)


def test_frames_without_hits_stay_at_the_origin() -> None:
    points = make_points(2, 4, 5)
    points[:, 2] = 0
    moved = augment(points, MEAN, Augmentation())
    assert not moved[:, 2].any()
    assert moved[:, [0, 1, 3]].ne(0).all()


def test_without_augmentation_points_stay_where_they_are() -> None:
    points = make_points(2, 4, 5)
    assert torch.allclose(augment(points, MEAN, NO_AUGMENTATION), points, atol=1e-5)


def test_less_than_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="augmentation: expected values of at least 0"):
        Augmentation(scale=-0.1)
