"""Quaternions in single precision, in the order of operations of the reference.

The reference computes with 32 bits, and where a bone points against its direction at rest, rounding
errors grow to 1e-4. Equal results need equal rounding. Arrays are shaped (4, ..., frames) with w
first, vectors (3, ..., frames). Source: `common/quaternion.py` of EricGuo5513/HumanML3D.
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

    def quaternions(self) -> Singles:
        """Return quaternions shaped (4, 1, frames)."""
        zero = np.zeros_like(self.w)
        return np.stack([self.w, zero, self.y, zero])[:, None]


def swing(start: Singles, end: Singles) -> Singles:
    """Return the rotations by the least angle from unit vectors `start` to `end`.

    Each vector of `start` has one coordinate that is 1 or -1. For opposite vectors, the least angle
    does not define the axis, and the reference gives NaN; the axis is the next coordinate axis
    here.
    """
    (ux, uy, uz), (vx, vy, vz) = start, end
    length = np.sqrt((ux * ux + uy * uy + uz * uz) * (vx * vx + vy * vy + vz * vz))
    w = length + (ux * vx + uy * vy + uz * vz)
    turns = np.stack([w, uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx])
    squares = turns * turns
    norms = np.sqrt((squares[0] + squares[2]) + (squares[1] + squares[3]))
    opposite = norms == 0
    if opposite.any():
        norms = np.where(opposite, np.float32(1), norms)
        turns[1:] = np.where(opposite, np.roll(np.abs(start), 1, axis=0), turns[1:])
    unit: Singles = turns / norms
    return unit


def multiply(q: Singles, r: Singles) -> Singles:
    """Return the products: the rotations `q` after `r`."""
    (qw, qx, qy, qz), (rw, rx, ry, rz) = q, r
    product = np.empty((4, *np.broadcast_shapes(qw.shape, rw.shape)), np.float32)
    product[0] = rw * qw - rx * qx - ry * qy - rz * qz
    product[1] = rw * qx + rx * qw - ry * qz + rz * qy
    product[2] = rw * qy + rx * qz + ry * qw - rz * qx
    product[3] = rw * qz - rx * qy + ry * qx + rz * qw
    return product


def invert(q: Singles) -> Singles:
    """Return the inverses of unit quaternions."""
    return np.concatenate([q[:1], -q[1:]])


def rotate(q: Singles, vectors: Singles) -> Singles:
    """Return rotated vectors."""
    over = _cross(q[1:], vectors)
    turned: Singles = vectors + TWO * (q[:1] * over + _cross(q[1:], over))
    return turned


def to_sixd(q: Singles) -> Singles:
    """Return the first two columns of the rotation matrices, shaped (2, 3, ..., frames)."""
    w, x, y, z = q
    scale = TWO / (w * w + x * x + y * y + z * z)
    first = [1 - scale * (y * y + z * z), scale * (x * y + z * w), scale * (x * z - y * w)]
    second = [scale * (x * y - z * w), 1 - scale * (x * x + z * z), scale * (y * z + x * w)]
    return np.stack([np.stack(first), np.stack(second)])


def _cross(a: Singles, b: Singles) -> Singles:
    return np.stack(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    )
