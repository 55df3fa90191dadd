"""Centering: places from the middle of a clip, with the sensor behind them on the x axis."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from pipelines.training.encoders.centering import centered, middles, seen_frames
from tests.pipelines.training.encoders.test_point_encoder import make_points


def slowly_centered(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Center one clip, shaped (frames, points, 3), frame by frame; empty ones do not count."""
    middle = np.mean([frame.mean(axis=0) for frame in points if frame.any()], axis=0)
    angle = np.arctan2(middle[1], middle[0])
    result = np.empty_like(points)
    for place in np.ndindex(*points.shape[:2]):
        x, y, z = points[place] - middle
        turned = (x + 1j * y) * np.exp(-1j * angle)
        result[place] = turned.real, turned.imag, z
    return result


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), clips=st.integers(1, 3), frames=st.integers(2, 6))
def test_it_is_the_slow_one_for_every_clip(seed: int, clips: int, frames: int) -> None:
    points = make_points(clips, frames, 4, seed).double() - torch.tensor([8.0, 2.0, 0.0])
    points[0, -1] = 0
    found = centered(points, seen_frames(points))
    for clip, expected in zip(found, points, strict=True):
        np.testing.assert_allclose(clip, slowly_centered(expected.numpy()), atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999))
def test_the_sensor_is_behind_the_middle_on_the_x_axis(seed: int) -> None:
    points = make_points(2, 5, 4, seed).double() - torch.tensor([8.0, 0.0, 0.0])
    seen = torch.ones(2, 5, dtype=torch.bool)
    found = centered(points, seen)
    assert torch.allclose(middles(found, seen), torch.zeros(2, 3, dtype=torch.double), atol=1e-9)
    distance = torch.linalg.vector_norm(middles(points, seen)[:, :2], dim=-1)
    sensor = torch.stack([-distance, 0 * distance], -1)[:, None, None]
    from_sensor = torch.linalg.vector_norm(found[..., :2] - sensor, dim=-1)
    assert torch.allclose(from_sensor, torch.linalg.vector_norm(points[..., :2], dim=-1))


@pytest.mark.parametrize("height", [-3.0, 3.0])
def test_a_clip_right_above_or_below_the_sensor_is_only_moved(height: float) -> None:
    side = torch.tensor([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]])
    points: Tensor = (side + torch.tensor([0, 0, height]))[None, None]
    assert torch.equal(centered(points, seen_frames(points))[0, 0], side)


def test_a_clip_without_hits_stays_at_the_origin() -> None:
    points = torch.zeros(1, 3, 4, 3)
    assert not centered(points, seen_frames(points)).any()
