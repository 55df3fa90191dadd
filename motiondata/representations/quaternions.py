"""Quaternions in single precision, in the order of operations of the reference.

Arrays are shaped (4, ..., frames) with w first, vectors (3, ..., frames). Source:
`common/quaternion.py` of EricGuo5513/HumanML3D. The compiled operations are in `kernels.py`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]

TWO = np.float32(2)


class Yaw(NamedTuple):
    """Rotations about the y axis: w and y of unit quaternions, shaped (frames,)."""

    w: Singles
    y: Singles

    def rotate(self, vectors: Singles) -> Singles:
        """Return rotated vectors."""
        x, z = self.rotate_level(vectors[0], vectors[2])
        return np.stack([x, vectors[1], z])

    def rotate_level(self, x: Singles, z: Singles) -> tuple[Singles, Singles]:
        """Return x and z of rotated vectors; y does not change."""
        over_x, over_z = self.y * z, -(self.y * x)
        moved_x, moved_z = self.w * over_x + self.y * over_z, self.w * over_z - self.y * over_x
        return np.add(x, TWO * moved_x), np.add(z, TWO * moved_z)

    def frames(self, frames: slice) -> "Yaw":
        """Return the rotations of some of the frames."""
        return Yaw(self.w[frames], self.y[frames])


def to_sixd(q: Singles) -> Singles:
    """Return the first two columns of the rotation matrices, shaped (2, 3, ..., frames)."""
    w, x, y, z = q
    scale = TWO / (w * w + x * x + y * y + z * z)
    first = [1 - scale * (y * y + z * z), scale * (x * y + z * w), scale * (x * z - y * w)]
    second = [scale * (x * y - z * w), 1 - scale * (x * x + z * z), scale * (y * z + x * w)]
    return np.stack([np.stack(first), np.stack(second)])
