"""Rotations as six numbers for networks: the first two columns of the matrix (Zhou et al., 2019).

Unlike axis-angle vectors, the six numbers of nearby rotations are always near each other.
"""

import torch
from torch import Tensor
from torch.nn import functional

SIX = 6


def rotmat_to_six(matrices: Tensor) -> Tensor:
    """Return six numbers (..., 6) of rotations (..., 3, 3): the first column, then the second."""
    return matrices[..., :2].transpose(-1, -2).flatten(-2)


def six_to_rotmat(six: Tensor) -> Tensor:
    """Return the rotations (..., 3, 3) nearest to six numbers (..., 6), by Gram and Schmidt.

    The six numbers may be any that are no multiples of each other; gradients pass.
    """
    first, second = six[..., :3], six[..., 3:]
    x = functional.normalize(first, dim=-1)
    y = functional.normalize(second - (x * second).sum(-1, keepdim=True) * x, dim=-1)
    return torch.stack([x, y, torch.linalg.cross(x, y)], -1)
