"""Rotations of many frames at once as NumPy arrays: matrices, axis-angle vectors, and six numbers.

Conversions from and to angles of poses are defined here. The compiled and the PyTorch kernels of
`motiondata.bodies` have the same formula for their own arrays and are tested against this one.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.inverse_trigonometry import arc_tangents
from motiondata.trigonometry import sines_and_cosines

Floats = NDArray[np.float64]

_OTHERS = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}


def about(axis: str, angle: Floats) -> Floats:
    """Return rotations about the x, y or z axis, shaped (frames, 3, 3).

    `angle` is shaped (frames,), radians.
    """
    first, second = _OTHERS[axis]
    matrices = np.zeros((len(angle), 3, 3))
    matrices[:, (0, 1, 2), (0, 1, 2)] = 1.0
    matrices[:, first, first] = matrices[:, second, second] = np.cos(angle)
    matrices[:, second, first] = np.sin(angle)
    matrices[:, first, second] = -matrices[:, second, first]
    return matrices


def turned_about(axis: Floats, angle: Floats, vector: Floats) -> Floats:
    """Rotate `vector` (3,) about the unit `axis` (3,) by each angle; return (frames, 3).

    `angle` is shaped (frames,), radians. This is Rodrigues' formula without the matrix.
    """
    cosine, sine = np.cos(angle)[:, np.newaxis], np.sin(angle)[:, np.newaxis]
    result: Floats = cosine * vector + sine * np.cross(axis, vector)
    return result + (1.0 - cosine) * axis * (axis @ vector)


def inverse(rotations: Floats) -> Floats:
    """Return the inverse rotations, shaped (frames, 3, 3), as a view."""
    return np.swapaxes(rotations, -1, -2)


def turned(rotations: Floats, vectors: Floats) -> Floats:
    """Rotate `vectors`, shaped (frames, 3) or (3,), by `rotations`, shaped (frames, 3, 3)."""
    vectors = np.broadcast_to(vectors, rotations.shape[:-1])
    result: Floats = (rotations @ vectors[..., np.newaxis])[..., 0]
    return result


def axes_along(first: Floats, second: Floats) -> Floats:
    """Return right-handed frames, shaped (frames, 3, 3), with x along `first` and y near `second`.

    `first` and `second` are shaped (frames, 3). The axes are the columns; y is the part of `second`
    that is orthogonal to `first`.
    """
    x = first / np.linalg.norm(first, axis=-1, keepdims=True)
    y = second - np.sum(second * x, axis=-1, keepdims=True) * x
    y = y / np.linalg.norm(y, axis=-1, keepdims=True)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def rotvec_to_rotmat(rotvecs: Floats) -> Floats:
    """Convert axis-angle vectors, shaped (..., 3), radians, to matrices shaped (..., 3, 3).

    This is Rodrigues' formula. The sines are those of `motiondata.trigonometry`, so that the bits
    do not depend on the processor.
    """
    x, y, z = np.moveaxis(rotvecs, -1, 0)
    angle = np.sqrt(x * x + y * y + z * z)
    turn, half = _sine_over_angle(angle), _sine_over_angle(angle / 2)
    bend = 0.5 * half * half
    matrices = np.empty((*rotvecs.shape, 3))
    matrices[..., 0, 0], matrices[..., 0, 1] = 1 - bend * (y * y + z * z), bend * x * y - turn * z
    matrices[..., 0, 2], matrices[..., 1, 0] = bend * x * z + turn * y, bend * x * y + turn * z
    matrices[..., 1, 1], matrices[..., 1, 2] = 1 - bend * (x * x + z * z), bend * y * z - turn * x
    matrices[..., 2, 0], matrices[..., 2, 1] = bend * x * z - turn * y, bend * y * z + turn * x
    matrices[..., 2, 2] = 1 - bend * (x * x + y * y)
    return matrices


def rotvec_to_quaternion(rotvecs: Floats) -> Floats:
    """Convert axis-angle vectors, shaped (..., 3), radians, to unit quaternions (x, y, z, w)."""
    half = np.sqrt(np.sum(rotvecs * rotvecs, axis=-1)) / 2
    cosine = sines_and_cosines(half)[1]
    axis = rotvecs / 2 * _sine_over_angle(half)[..., None]
    return np.concatenate([axis, cosine[..., None]], axis=-1)


def _sine_over_angle(angle: Floats) -> Floats:
    still = angle == 0
    sines, _ = sines_and_cosines(angle)
    return np.where(still, 1.0, sines / np.where(still, 1.0, angle))


def rotmat_to_sixd_rows(matrices: Floats) -> Floats:
    """Return the first two rows of matrices (..., 3, 3), one after the other, shaped (..., 6).

    This is the order of PyTorch3D (`matrix_to_rotation_6d`), which the 272 features use.
    """
    return np.concatenate([matrices[..., 0, :], matrices[..., 1, :]], axis=-1)


def rotmat_to_rotvec(matrices: Floats) -> Floats:
    """Convert rotation matrices, shaped (..., 3, 3), to axis-angle vectors with angles up to pi."""
    return _quaternion_to_rotvec(_rotmat_to_quaternion(matrices))


def rotmat_to_log(matrices: Floats) -> Floats:
    """Return the logarithms of the quaternions of rotation matrices, shaped (..., 3).

    They are half of the vectors of `rotmat_to_rotvec`, with the same bits on every processor.
    """
    w, x, y, z = np.moveaxis(_rotmat_to_quaternion(matrices), -1, 0)
    half_sine = np.sqrt(x * x + y * y + z * z)
    small = half_sine < 1e-12
    scale = np.where(small, 1.0, arc_tangents(half_sine, w) / np.where(small, 1.0, half_sine))
    return np.stack([x * scale, y * scale, z * scale], axis=-1)


def quaternion_to_rotvec(quaternions: Floats) -> Floats:
    """Convert quaternions (w, x, y, z), shaped (..., 4), to axis-angle vectors up to pi.

    They need not be unit quaternions; zeros give NaN.
    """
    with np.errstate(invalid="ignore"):
        unit = quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True)
    return _quaternion_to_rotvec(np.where(unit[..., :1] < 0, -unit, unit))


def _quaternion_to_rotvec(quaternions: Floats) -> Floats:
    """Convert unit quaternions, with w first and not negative, to axis-angle vectors."""
    half_sine = np.linalg.norm(quaternions[..., 1:], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(half_sine, quaternions[..., :1])
    small = half_sine < 1e-12
    scale = np.where(small, 2.0, angle / np.where(small, 1.0, half_sine))
    rotvec: Floats = quaternions[..., 1:] * scale
    return rotvec


def _rotmat_to_quaternion(matrices: Floats) -> Floats:
    """Return unit quaternions, shaped (..., 4), with w first and not negative.

    Four times the outer product of a quaternion with itself is linear in the matrix. The row with
    the largest diagonal element is a multiple of the quaternion that is safe to normalize (Shepperd
    1978).
    """
    m = np.moveaxis(matrices, (-2, -1), (0, 1))
    product = np.empty((*matrices.shape[:-2], 4, 4))
    signs = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
    for row, (x, y, z) in enumerate(signs):
        product[..., row, row] = 1 + x * m[0, 0] + y * m[1, 1] + z * m[2, 2]
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        product[..., 0, 1 + i] = product[..., 1 + i, 0] = m[k, j] - m[j, k]
        product[..., 1 + j, 1 + k] = product[..., 1 + k, 1 + j] = m[k, j] + m[j, k]
    safest = np.argmax(np.diagonal(product, axis1=-2, axis2=-1), axis=-1)
    rows = np.take_along_axis(product, safest[..., np.newaxis, np.newaxis], axis=-2)[..., 0, :]
    rows = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    quaternions: Floats = rows * np.where(rows[..., :1] < 0, -1.0, 1.0)
    return quaternions
