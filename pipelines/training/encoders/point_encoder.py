"""The point encoder: a PointNet per frame, convolutions over frames, and a small transformer.

Max-pooling over points (Qi et al., "PointNet", 2017) does not depend on their order. The first
points of a farthest-point sample are a farthest-point sample too, so fewer points can be read for
speed.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipelines.training.encoders.centering import centered, seen_frames
from pipelines.training.encoders.options import EncoderOptions

FEATURES = 1024
"""Features per frame, whatever the inner widths."""
HALF_BODY_METERS = 0.4
"""Divisor of centered coordinates: their spread, without the spread of where people walk."""
POSITION_FEATURES = 9
"""Numbers for the position of a frame's points: their centroid, and their extent from it."""
NEIGHBORS = 5
"""Kernel size of a convolution in frames: enough for a velocity."""
WAVELENGTHS = 10_000.0
"""Ratio of the longest to the shortest wavelength of the position encoding (Vaswani et al.,
2017)."""


class PointEncoder(nn.Module):
    """Makes features of the points of every frame, with the frames around it as context.

    The position of a body is standardized by the dataset's statistics, which are buffers, or, with
    the option `centered`, relative to its clip; its shape is centered. A frame without hits (all
    points at the origin) does not affect other frames.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, options: EncoderOptions, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.options = options
        self.width = FEATURES
        self.register_buffer("mean", mean.float())
        self.register_buffer("std", std.float())
        pooled, width = options.point_width, options.width
        self.of_points = _layers(3, max(1, pooled // 4), max(1, pooled // 2), pooled)
        known = POSITION_FEATURES * (2 if options.velocities else 1)
        self.of_frame = _layers(pooled + known, width, width)
        self.of_neighbours = nn.ModuleList(
            nn.Conv1d(width, width, NEIGHBORS, padding=NEIGHBORS // 2)
            for _ in range(options.convolutions)
        )
        self.before_blocks = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(
            Block(width, options.heads, options.dropout) for _ in range(options.layers)
        )
        self.to_features = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, FEATURES))

    def forward(self, points: Tensor, mask: Tensor) -> Tensor:
        """Return features shaped (clips, frames, 1024), zero where `mask` is false.

        `points` is shaped (clips, frames, points, 3), in meters, in the sensor frame. `mask`, true
        for frames that are not padding, is shaped (clips, frames).
        """
        points = points[:, :, : self.options.points]
        seen = mask & seen_frames(points)
        if self.options.centered:
            points = centered(points, seen)
        tokens = self._tokens(points, seen)
        for convolution in self.of_neighbours:
            found = convolution(tokens.transpose(1, 2)).transpose(1, 2)
            tokens = tokens + functional.gelu(found) * seen[..., None]
        tokens = self.before_blocks(tokens)
        if self.blocks:
            tokens = tokens + positions(tokens)
        keys = seen | ~seen.any(-1, keepdim=True)  # attention without keys would be NaN
        for block in self.blocks:
            tokens = block(tokens, keys)
        features: Tensor = self.to_features(tokens)
        return features * mask[..., None]

    def _tokens(self, points: Tensor, seen: Tensor) -> Tensor:
        """Return one token per frame of (clips, frames, points, 3); zero where `seen` is false."""
        found = points[seen]
        centroids = found.mean(1)
        shapes = (found - centroids[:, None]) / HALF_BODY_METERS
        reach = torch.cat([shapes.amin(1), shapes.amax(1)], -1)
        known = [self.of_points(shapes).amax(1), self._places(centroids), reach]
        if self.options.velocities:
            values = torch.cat([centroids / HALF_BODY_METERS, reach], -1)
            known.append(changes(_scattered(values, seen), seen)[seen])
        return _scattered(self.of_frame(torch.cat(known, -1)), seen)

    def _places(self, centroids: Tensor) -> Tensor:
        """Return centroids, shaped (frames, 3), in steps of about the size of a body."""
        if self.options.centered:
            return centroids / HALF_BODY_METERS
        return (centroids - self.mean) / self.std


class Block(nn.Module):
    """A pre-norm transformer layer."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width)
        self.to_queries_keys_values = nn.Linear(width, 3 * width)
        self.of_heads = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, tokens: Tensor, keys: Tensor) -> Tensor:
        """Return tokens shaped (clips, frames, width) that attend to the frames in `keys`.

        `keys` is a boolean mask shaped (clips, frames).
        """
        tokens = tokens + self.dropout(self._attend(self.before_attention(tokens), keys))
        result: Tensor = tokens + self.feed_forward(tokens)
        return result

    def _attend(self, tokens: Tensor, keys: Tensor) -> Tensor:
        clips, frames, width = tokens.shape
        parts = self.to_queries_keys_values(tokens)
        parts = parts.view(clips, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=keys[:, None, None]
        )
        result: Tensor = self.of_heads(found.transpose(1, 2).flatten(2))
        return result


def positions(tokens: Tensor) -> Tensor:
    """Return sines and cosines of the frame numbers, shaped (frames, width), for any length."""
    frames, width = tokens.shape[-2:]
    powers = torch.arange(0, width, 2, device=tokens.device) / width
    angles = torch.arange(frames, device=tokens.device)[:, None] / WAVELENGTHS**powers
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1).to(tokens.dtype)


def changes(values: Tensor, seen: Tensor) -> Tensor:
    """Return the difference of each frame's values to those of the frame before.

    `values` is shaped (clips, frames, width), `seen` (clips, frames). The difference is zero where
    one of the two frames is not seen, and in the first frame.
    """
    both = seen[:, 1:] & seen[:, :-1]
    return functional.pad((values[:, 1:] - values[:, :-1]) * both[..., None], (0, 0, 1, 0))


def _scattered(rows: Tensor, seen: Tensor) -> Tensor:
    """Return rows of the frames that are `seen` as (clips, frames, width), with zeros between."""
    values = rows.new_zeros(*seen.shape, rows.shape[-1])
    values[seen] = rows
    return values


def _layers(*widths: int) -> nn.Sequential:
    """Return linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
