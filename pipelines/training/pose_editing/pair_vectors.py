"""The encoder of a matcher of pairs: what differs between two poses, as one vector."""

import torch
from torch import Tensor, nn

from motiondata.bodies.posing_torch import rotvec_to_rotmat
from pipelines.training.pose_editing.options import PairMatcherSizes
from pipelines.training.pose_editing.pose_features import FEATURES, PoseFeatures
from pipelines.training.pose_pairs.read_pairs import A, B


class PairVectors(nn.Module):
    """Encodes pairs of poses; each of the two poses gets the vector of the pair.

    So the mean over the poses, which `Alignment` takes, is the vector of the pair.
    """

    def __init__(self, sizes: PairMatcherSizes, features: PoseFeatures) -> None:
        super().__init__()
        self.width = sizes.width
        """Features per pose."""
        self.features = features
        self.layers = nn.Sequential(
            nn.Linear(3 * FEATURES, sizes.width),
            nn.LayerNorm(sizes.width),
            nn.GELU(),
            nn.Dropout(sizes.dropout),
            nn.Linear(sizes.width, sizes.width),
            nn.GELU(),
        )

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return features shaped (pairs, 2, width) of axis-angle poses (pairs, 2, 22, 3).

        `mask` is shaped (pairs, 2) and True.
        """
        matrices = rotvec_to_rotmat(values)
        a, b = (self.features(matrices[:, each]) for each in (A, B))
        found: Tensor = self.layers(torch.cat([a, b, b - a], -1))
        return found[:, None].expand(-1, mask.shape[1], -1)
