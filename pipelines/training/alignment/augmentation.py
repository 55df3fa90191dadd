"""Augmentation: clips are rotated, scaled and shifted a little, with noise on the points.

The changes are small because left, right and the direction of the sensor are the same in every clip
of a dataset.
"""

from math import radians

import torch
from torch import Tensor

from pipelines.training.alignment.options import Augmentation
from pipelines.training.encoders.centering import seen_frames

VERTICAL_SHIFT_SHARE = 0.3
"""Vertical part of a shift, which is smaller because height distinguishes standing from sitting."""


def augment(points: Tensor, about: Tensor, options: Augmentation) -> Tensor:
    """Return clips that are rotated, scaled and shifted as wholes, with noise on every point.

    `points` is shaped (clips, frames, points, 3), in meters, z up; `about`, shaped (3,) or (clips,
    1, 1, 3), is the center of rotation and scaling. Frames without hits stay zero.
    """
    clips = len(points)
    angles = radians(options.turn_deg) * _normal(clips, like=points)
    scales = 1 + options.scale * _normal(clips, 1, 1, 1, like=points)
    shifts = options.shift_meters * _normal(clips, 1, 1, 3, like=points)
    shifts[..., 2] *= VERTICAL_SHIFT_SHARE
    turned = torch.einsum("cij,cfpj->cfpi", _turns(angles), points - about)
    noise = options.noise_meters * _normal(*points.shape, like=points)
    seen = seen_frames(points)[..., None, None]
    return (turned * scales + about + shifts + noise) * seen


def _turns(angles: Tensor) -> Tensor:
    """Return the rotation matrices about z for angles in radians, shaped (angles, 3, 3)."""
    cosine, sine, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
    rows = [cosine, -sine, zero, sine, cosine, zero, zero, zero, torch.ones_like(angles)]
    return torch.stack(rows, -1).view(-1, 3, 3)


def _normal(*shape: int, like: Tensor) -> Tensor:
    """Return normally distributed numbers, drawn on the CPU for any device."""
    return torch.randn(*shape, dtype=like.dtype).to(like.device)
