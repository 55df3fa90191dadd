"""Conversions between ways to write a rotation.

Elementwise operations only, so that a rotation's bits do not depend on what else is in the array.
Source: Rodrigues' formula.
"""

import numpy as np
from numpy.typing import NDArray


def rotvec_to_rotmat(rotvecs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Convert axis-angle vectors, shaped (..., 3), radians, to matrices, shaped (..., 3, 3)."""
    x, y, z = np.moveaxis(np.asarray(rotvecs, np.float64), -1, 0)
    angle = np.sqrt(x * x + y * y + z * z)
    # np.sinc(t) is sin(pi t) / (pi t) and 1 at 0, so that small angles need no case of their own.
    turn = np.sinc(angle / np.pi)
    bend = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    rows = (
        (1 - bend * (y * y + z * z), bend * x * y - turn * z, bend * x * z + turn * y),
        (bend * x * y + turn * z, 1 - bend * (x * x + z * z), bend * y * z - turn * x),
        (bend * x * z - turn * y, bend * y * z + turn * x, 1 - bend * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
