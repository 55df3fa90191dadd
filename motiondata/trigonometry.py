"""Sine and cosine with identical bits on every CPU, for kernels and for arrays.

The C library and NumPy choose their code by the CPU (glibc with or without FMA, NumPy's AVX-512),
and results differ in the last bit. These functions use sums and products in a fixed order, which
neither Numba nor NumPy fuses. Source of the method and of the coefficients: fdlibm 5.3, `k_sin.c`,
`k_cos.c` and `e_rem_pio2.c` (Sun Microsystems, 1993). Errors are below 1e-15 up to 1e6 radians.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import step

QUARTERS_PER_RADIAN = 2 / np.pi
QUARTER = (float.fromhex("0x1.921fb544p+0"), float.fromhex("0x1.0b4611a6p-34"),
           float.fromhex("0x1.3198a2e037073p-69"))  # fmt: skip
"""A quarter turn in radians, as a sum. The first two terms have 33 bits each: their products with
whole numbers below 2**20 are exact."""

SINE = (
    -1.66666666666666324348e-01,
    8.33333333332248946124e-03,
    -1.98412698298579493134e-04,
    2.75573137070700676789e-06,
    -2.50507602534068634195e-08,
    1.58969099521155010221e-10,
)
COSINE = (
    4.16666666666666019037e-02,
    -1.38888888888741095749e-03,
    2.48015872894767294178e-05,
    -2.75573143513906633035e-07,
    2.08757232129817482790e-09,
    -1.13596475577881948265e-11,
)


@step
def sine(angle: float) -> float:
    """Return the sine of an angle in radians; callable from kernels."""
    quarters = np.floor(angle * QUARTERS_PER_RADIAN + 0.5)
    rest = _rest(angle, quarters)
    quadrant = np.int64(quarters) & 3
    value = _cosine_near_zero(rest) if quadrant & 1 else _sine_near_zero(rest)
    return -value if quadrant & 2 else value


@step
def cosine(angle: float) -> float:
    """Return the cosine of an angle in radians; callable from kernels."""
    quarters = np.floor(angle * QUARTERS_PER_RADIAN + 0.5)
    rest = _rest(angle, quarters)
    quadrant = np.int64(quarters) & 3
    value = _sine_near_zero(rest) if quadrant & 1 else _cosine_near_zero(rest)
    return -value if quadrant in (1, 2) else value


def sines_and_cosines(
    angles: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sines and the cosines of angles in radians, in arrays of the same shape."""
    quarters = np.floor(angles * QUARTERS_PER_RADIAN + 0.5)
    rest = _rest.py_func(angles, quarters)  # type: ignore[attr-defined]
    low = _sine_near_zero.py_func(rest)  # type: ignore[attr-defined]
    high = _cosine_near_zero.py_func(rest)  # type: ignore[attr-defined]
    quadrants = quarters.astype(np.int64) & 3
    sines = np.choose(quadrants, [low, high, -low, -high])
    cosines = np.choose(quadrants, [high, -low, -high, low])
    return sines, cosines


@step
def _rest(angle: float, quarters: float) -> float:
    return ((angle - quarters * QUARTER[0]) - quarters * QUARTER[1]) - quarters * QUARTER[2]


@step
def _sine_near_zero(x: float) -> float:
    """Return the sine of an angle of up to an eighth of a turn."""
    z = x * x
    higher = SINE[2] + z * (SINE[3] + z * (SINE[4] + z * SINE[5]))
    return x + x * z * (SINE[0] + z * (SINE[1] + z * higher))


@step
def _cosine_near_zero(x: float) -> float:
    """Return the cosine of an angle of up to an eighth of a turn."""
    z = x * x
    higher = COSINE[2] + z * (COSINE[3] + z * (COSINE[4] + z * COSINE[5]))
    higher = z * z * (COSINE[0] + z * (COSINE[1] + z * higher))
    one_less = 1.0 - 0.5 * z
    return one_less + (((1.0 - one_less) - 0.5 * z) + higher)
