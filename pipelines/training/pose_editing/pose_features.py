"""Poses as numbers that layers read: six numbers of each rotation, and the places of joints.

Joints are those of one skeleton, the mean shape of the bundled body, so that they say no more than
the rotations. Layers that read texts about places need not learn the skeleton.
"""

import torch
from torch import Tensor, nn

from motiondata.bodies.bundled import bundled_body
from motiondata.skeletons import JOINTS, PARENTS
from pipelines.training.pose_pairs.read_pairs import mean_and_std
from pipelines.training.pose_pairs.six_numbers import SIX, rotmat_to_six

ROTATION_NUMBERS = JOINTS * SIX
PLACE_NUMBERS = (JOINTS - 1) * 3
"""The pelvis is the origin."""
FEATURES = ROTATION_NUMBERS + PLACE_NUMBERS


class PoseFeatures(nn.Module):
    """Standardized rotations and joints of poses."""

    rest: Tensor
    mean: Tensor
    std: Tensor

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.register_buffer("rest", rest_joints())
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, matrices: Tensor) -> Tensor:
        """Return features shaped (poses, FEATURES) of matrices (poses, 22, 3, 3)."""
        return (self.numbers(matrices) - self.mean) / self.std

    def numbers(self, matrices: Tensor) -> Tensor:
        """Return the features before they are standardized."""
        places = places_of(matrices, self.rest)
        return torch.cat([rotmat_to_six(matrices).flatten(1), places.flatten(1)], -1)

    @classmethod
    def of(cls, matrices: Tensor) -> "PoseFeatures":
        """Return features standardized by those of poses, matrices shaped (poses, 22, 3, 3)."""
        plain = cls(torch.zeros(FEATURES), torch.ones(FEATURES))
        return cls(*mean_and_std(plain.numbers(matrices)))


def rest_joints() -> Tensor:
    """Return the 22 joints of the mean shape of the bundled body at rest, (22, 3), meters."""
    return torch.from_numpy(bundled_body().joints_template[:JOINTS].copy()).float()


def places_of(matrices: Tensor, rest: Tensor) -> Tensor:
    """Return the joints below the pelvis, relative to it, (poses, 21, 3), meters, float32.

    `matrices` are relative to the parents, shaped (poses, 22, 3, 3); `rest` is shaped (22, 3).
    """
    with torch.autocast(matrices.device.type, enabled=False):  # bfloat16 is wrong by millimeters
        return _places_of(matrices.float(), rest.float())


def _places_of(matrices: Tensor, rest: Tensor) -> Tensor:
    turned = [matrices[:, 0]]
    places = [torch.zeros_like(matrices[:, 0, :, 0])]
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            bone = rest[joint] - rest[parent]
            places.append(places[parent] + turned[parent] @ bone)
            turned.append(turned[parent] @ matrices[:, joint])
    return torch.stack(places[1:], 1)
