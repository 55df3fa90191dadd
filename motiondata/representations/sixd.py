"""Rotation matrices from the 6D representation, with sums in a fixed order.

Source: Zhou et al., "On the Continuity of Rotation Representations in Neural Networks" (2019).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def sixd_to_axes(first: Floats, second: Floats) -> Floats:
    """Return three unit vectors at right angles, shaped (..., 3, 3); the vectors are the rows.

    `first` and `second` are shaped (..., 3). They need not be of unit length or at right angles
    (Gram and Schmidt's method). If they are columns of a matrix, transpose the result.
    """
    one = _unit(first)
    two = _unit(second - _dot(one, second) * one)
    return np.stack([one, two, _cross(one, two)], axis=-2)


def multiply(left: Floats, right: Floats) -> Floats:
    """Return the products of matrices shaped (..., 3, 3)."""
    product: Floats = left[..., :, 0, None] * right[..., None, 0, :]
    product += left[..., :, 1, None] * right[..., None, 1, :]
    product += left[..., :, 2, None] * right[..., None, 2, :]
    return product


def rotate(matrices: Floats, vectors: Floats) -> Floats:
    """Rotate vectors shaped (..., 3) by matrices shaped (..., 3, 3)."""
    rotated: Floats = matrices[..., 0] * vectors[..., 0, None]
    rotated = rotated + matrices[..., 1] * vectors[..., 1, None]
    return rotated + matrices[..., 2] * vectors[..., 2, None]


def _dot(a: Floats, b: Floats) -> Floats:
    products = a * b
    total: Floats = products[..., 0] + products[..., 1] + products[..., 2]
    return total[..., None]


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.sqrt(_dot(vectors, vectors))
    return unit


def _cross(a: Floats, b: Floats) -> Floats:
    (ax, ay, az), (bx, by, bz) = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)
