"""ST-GCN: convolutions over the graph of a skeleton and over time, on joints and on bones.

Yan et al., "Spatial temporal graph convolutional networks for skeleton-based action recognition"
(2018), with their spatial partitioning: each joint, the neighbor nearer to the pelvis, and the
neighbors farther from it have separate weights. Bones are a second stream, as in Shi et al.,
"Two-stream adaptive graph convolutional networks" (2019); both are joined before the features.
Layers are normalized per joint and not over the batch, so that features do not depend on other
clips or on padding.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from motiondata.errors import InputError
from motiondata.skeletons import JOINTS, PARENTS
from pipelines.training.common.options import expect_at_least
from pipelines.training.encoders.options import ST_GCN, EncoderOptions
from pipelines.training.encoders.point_encoder import FEATURES, HALF_BODY_METERS

JOINT_NUMBERS, BONE_NUMBERS = 6, 3
"""Numbers per joint: its place from the pelvis and the place of the pelvis; its place from the
parent joint."""
SUBSETS = 3
"""The subsets of neighbors: the joint, nearer to the pelvis, farther from it."""
TEMPORAL_KERNEL = 9
"""Frames of a convolution over time, as published."""


class SkeletonEncoder(nn.Module):
    """Makes features of SMPL's 22 joints of every frame, with the frames around it as context.

    Raises `InputError` for options that only the encoder of points reads.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, options: EncoderOptions, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        expect_at_least(options, 1, "layers")
        _expect_no_options_of_points(options)
        self.width = FEATURES
        self.register_buffer("mean", mean.float())
        self.register_buffer("std", std.float())
        self.joints = Stream(JOINT_NUMBERS, options)
        self.bones = Stream(BONE_NUMBERS, options)
        both = 2 * options.width
        self.to_features = nn.Sequential(nn.LayerNorm(both), nn.Linear(both, FEATURES))

    def forward(self, joints: Tensor, mask: Tensor) -> Tensor:
        """Return features shaped (clips, frames, 1024), zero where `mask` is false.

        `joints` is shaped (clips, frames, at least 22, 3), in meters, z up, SMPL's first. `mask`,
        true for frames that are not padding, is shaped (clips, frames).
        """
        joints = joints[:, :, :JOINTS] * mask[..., None, None]
        root = joints[:, :, :1]
        places = ((root - self.mean) / self.std).expand_as(joints)
        own = torch.cat([(joints - root) / HALF_BODY_METERS, places], -1)
        bones = (joints - joints[:, :, [max(0, parent) for parent in PARENTS]]) / HALF_BODY_METERS
        found = torch.cat([self.joints(own, mask), self.bones(bones, mask)], -1)
        features: Tensor = self.to_features(found)
        return features * mask[..., None]


class Stream(nn.Module):
    """Blocks over one kind of numbers per joint; the result is the mean over joints."""

    def __init__(self, numbers: int, options: EncoderOptions) -> None:
        super().__init__()
        widths = [numbers, *[options.width] * options.layers]
        self.blocks = nn.ModuleList(
            Block(first, second, options.dropout) for first, second in pairwise(widths)
        )

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return values shaped (clips, frames, width) of (clips, frames, joints, numbers)."""
        for block in self.blocks:
            values = block(values, mask)
        return values.mean(2)


class Block(nn.Module):
    """A convolution over the graph, then one over time, around which the input goes on."""

    adjacency: Tensor

    def __init__(self, before: int, width: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("adjacency", partitioned_adjacency(), persistent=False)
        self.importance = nn.Parameter(torch.ones(SUBSETS, JOINTS, JOINTS))
        self.of_subsets = nn.Linear(before, SUBSETS * width)
        self.before_time = nn.LayerNorm(width)
        self.of_times = nn.Conv1d(width, width, TEMPORAL_KERNEL, padding=TEMPORAL_KERNEL // 2)
        self.after_time = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.around = nn.Identity() if before == width else nn.Linear(before, width)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return values shaped (clips, frames, joints, width); zero in the padding."""
        there = mask[..., None, None]
        subsets = self.of_subsets(values).view(*values.shape[:-1], SUBSETS, -1)
        found = torch.einsum("kij,cfjkw->cfiw", self.adjacency * self.importance, subsets)
        found = functional.gelu(self.before_time(found)) * there
        found = self.dropout(self.after_time(self._over_time(found)))
        kept: Tensor = functional.gelu(found + self.around(values)) * there
        return kept

    def _over_time(self, values: Tensor) -> Tensor:
        """Convolve the frames of every joint, of values shaped (clips, frames, joints, width)."""
        clips, frames, joints, width = values.shape
        series = values.permute(0, 2, 3, 1).flatten(0, 1)
        found: Tensor = self.of_times(series)
        return found.view(clips, joints, width, frames).permute(0, 3, 1, 2)


def _expect_no_options_of_points(options: EncoderOptions) -> None:
    for name in ("convolutions", "velocities"):
        if (found := getattr(options, name)) != getattr(EncoderOptions, name):
            raise InputError(
                f"--{name}: expected none for {ST_GCN}, whose blocks read changes over nine "
                f"frames, found {found}; omit it"
            )


def partitioned_adjacency() -> Tensor:
    """Return the graph of SMPL's 22 joints, shaped (subsets, to, from).

    The columns of all subsets together sum to 1, as in the published code. The neighbor that is
    nearer to the pelvis is the parent.
    """
    graph = torch.zeros(SUBSETS, JOINTS, JOINTS)
    graph[0] = torch.eye(JOINTS)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            graph[1, joint, parent] = 1
            graph[2, parent, joint] = 1
    return graph / graph.sum((0, 1), keepdim=True)
