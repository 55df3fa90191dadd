"""The encoder of a pair: one vector per joint, made of the joint and of the whole body.

Where a hand is depends on the rotations of all joints between it and the pelvis, so each joint's
vector also has a share of a network that reads all joints at once.
"""

from typing import cast

from torch import Tensor, nn

from motiondata.skeletons import JOINTS
from pipelines.training.pose_pairs.pair_features import WIDTH

HIDDEN = 512
"""Width of the layers that read the whole body, as in PoseFix's encoder of poses."""


class PairEncoder(nn.Module):
    """Encodes the features of pairs; the statistics of the training pairs are its buffers."""

    mean: Tensor
    std: Tensor

    def __init__(self, width: int, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.width = width
        """Numbers per joint that it returns."""
        self.joint = nn.Sequential(nn.Linear(WIDTH, width), nn.GELU(), nn.Linear(width, width))
        self.body = nn.Sequential(
            nn.Linear(JOINTS * WIDTH, HIDDEN),
            nn.GELU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.GELU(),
            nn.Linear(HIDDEN, JOINTS * width),
        )
        self.register_buffer("mean", mean.float())
        self.register_buffer("std", std.float())

    def standardize(self, features: Tensor) -> Tensor:
        """Return features by the mean and the standard deviation of the training pairs."""
        return (features - self.mean) / self.std

    def forward(self, standardized: Tensor) -> Tensor:
        """Return vectors (pairs, 22, width) of standardized features (pairs, 22, `WIDTH`)."""
        body = self.body(standardized.flatten(1)).unflatten(1, (JOINTS, self.width))
        return cast("Tensor", self.joint(standardized) + body)
