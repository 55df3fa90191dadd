"""Arc tangent and arc sine of arrays, with identical bits on every CPU.

NumPy and the C library choose their code by the CPU, and results differ in the last bit. These
functions use sums, products, quotients and square roots in a fixed order. Source of the method and
of the coefficients: fdlibm 5.3, `s_atan.c` (Sun Microsystems, 1993). Errors are below 1e-15.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import step

Floats = NDArray[np.float64]

ODD = (
    3.33333333333329318027e-01, 1.42857142725034663711e-01, 9.09088713343650656196e-02,
    6.66107313738753120669e-02, 4.97687799461593236017e-02, 1.62858201153657823623e-02,
)  # fmt: skip
EVEN = (
    -1.99999999998764832476e-01, -1.11111104054623557880e-01, -7.69187620504482999495e-02,
    -5.83357013379057348645e-02, -3.65315727442169155270e-02,
)  # fmt: skip
NEAR_ZERO = 7 / 16
"""The polynomial is used for tangents below this value."""


def arc_tangents(y: Floats, x: Floats) -> Floats:
    """Return the angles of the points (x, y), shaped as `x` and `y`, radians, from -pi to pi.

    The angle of (0, 0) is 0.
    """
    beside, along = np.abs(y), np.abs(x)
    larger = np.maximum(beside, along)
    tangent = np.minimum(beside, along) / np.where(larger == 0, 1.0, larger)
    angle = _arc_tangents_to_one(tangent)
    angle = np.where(beside > along, np.pi / 2 - angle, angle)
    angle = np.where(x < 0, np.pi - angle, angle)
    signed: Floats = np.copysign(angle, y)
    return signed


@step
def arc_tangent(y: float, x: float) -> float:
    """Return what `arc_tangents` does, for one point; callable from kernels."""
    beside, along = abs(y), abs(x)
    larger = max(beside, along)
    angle = _arc_tangent_to_one(min(beside, along) / (1.0 if larger == 0 else larger))
    angle = np.pi / 2 - angle if beside > along else angle
    angle = np.pi - angle if x < 0 else angle
    return -angle if y < 0 else angle


@step
def _arc_tangent_to_one(tangent: float) -> float:
    is_far = tangent >= NEAR_ZERO
    x = (tangent - 1.0) / (tangent + 1.0) if is_far else tangent
    z = x * x
    w = z * z
    even = EVEN[0] + w * (EVEN[1] + w * (EVEN[2] + w * (EVEN[3] + w * EVEN[4])))
    odd = ODD[1] + w * (ODD[2] + w * (ODD[3] + w * (ODD[4] + w * ODD[5])))
    angle = x - x * (z * (ODD[0] + w * odd) + w * even)
    return np.pi / 4 + angle if is_far else angle


def arc_sines(sines: Floats) -> Floats:
    """Return the angles with these sines, radians, from -pi/2 to pi/2.

    Values outside -1 to 1 are rounding errors and count as -1 or 1.
    """
    inside = np.clip(sines, -1.0, 1.0)
    return arc_tangents(inside, np.sqrt((1.0 - inside) * (1.0 + inside)))


def _arc_tangents_to_one(tangent: Floats) -> Floats:
    """Return the arc tangents of values from 0 to 1."""
    is_far = tangent >= NEAR_ZERO
    x = np.where(is_far, (tangent - 1.0) / (tangent + 1.0), tangent)
    z = x * x
    w = z * z
    odd, even = np.full_like(w, ODD[-1]), np.full_like(w, EVEN[-1])
    for coefficient in ODD[-2::-1]:
        odd = coefficient + w * odd
    for coefficient in EVEN[-2::-1]:
        even = coefficient + w * even
    angle = x - x * (z * odd + w * even)
    reduced: Floats = np.where(is_far, np.pi / 4 + angle, angle)
    return reduced
