"""What a network reads of a pair: rotations of each joint in both poses, and between them.

Each rotation is six numbers. The difference follows from the two poses, but a network of a few
layers multiplies rotations poorly.
"""

import torch
from torch import Tensor

from pipelines.training.pose_pairs.read_pairs import (
    A,
    B,
    differences,
    mean_and_std,
    read_pose_pairs,
)
from pipelines.training.pose_pairs.six_numbers import SIX, rotmat_to_six
from shards.format.paths import TRAIN
from shards.stream.streamed_dataset import StreamedDataset

WIDTH = 3 * SIX
"""Numbers per joint."""


def pair_features(rotations: Tensor) -> Tensor:
    """Return the features (pairs, 22, `WIDTH`) of rotations shaped (pairs, 2, 22, 3, 3)."""
    each = rotations[:, A], rotations[:, B], differences(rotations)
    return torch.cat([rotmat_to_six(rotation) for rotation in each], -1)


def pair_statistics(data: StreamedDataset) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of the features of training pairs, each (22, `WIDTH`)."""
    return mean_and_std(pair_features(read_pose_pairs(data, TRAIN).rotations))
