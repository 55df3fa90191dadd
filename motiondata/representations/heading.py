"""The heading of a person in HumanML3D's features, with the faults of the reference or without.

docs/representations.md describes the faults. Sources: `inverse_kinematics_np` in
`common/skeleton.py`, `process_file` in `motion_representation.ipynb` (EricGuo5513/HumanML3D).
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.inverse_trigonometry import arc_sines
from motiondata.representations.kernels import BELOW_HALF, filter_into
from motiondata.representations.planes import lengths_of
from motiondata.representations.quaternions import Singles, Yaw
from motiondata.representations.skeleton import FeatureSkeleton

Floats = NDArray[np.float64]

SIGMA_FRAMES = 20
"""The standard deviation of the filter that smooths headings, in frames of any rate."""
RADIUS_FRAMES = 4 * SIGMA_FRAMES
"""The filter ends here, as in SciPy's `gaussian_filter1d`."""


class YawSteps(NamedTuple):
    """The change of the heading from each frame to the next; arrays shaped (frames - 1,)."""

    stored: Floats
    """The first column of the features, radians."""
    crosses: NDArray[np.bool_]
    """Where the heading crosses the direction opposite to the first one, so that the reference
    stores the wrong sign."""


def first_heading(planes: NDArray[Any], skeleton: FeatureSkeleton) -> Yaw:
    """Return the rotation, of one frame, that turns the first frame to face +z."""
    return _yaw_to_front(*_forward(_normalized(_across(planes[..., :1], skeleton))))


def headings(planes: Singles, skeleton: FeatureSkeleton) -> Yaw:
    """Return the rotations that turn each frame to face +z, not smoothed.

    The hips have the wrong sign, as in the reference. The rotation of the first frame is the
    identity. Only rounding errors of the result depend on these rotations.
    """
    across = _normalized(_across(planes, skeleton, hips_sign=-1))
    return _from_identity(_yaw_to_front(*_forward(across)))


def smoothed_headings(planes: Singles, skeleton: FeatureSkeleton) -> tuple[Yaw, Yaw]:
    """Return the rotations that turn each frame to face +z: those of the reference, correct ones.

    In the reference, the hips have the wrong sign. The first rotation of both is the identity, as
    in the reference, although the filter turns the first heading.
    """
    forward = [_forward(_normalized(_across(planes, skeleton, hips_sign))) for hips_sign in (-1, 1)]
    rows = smooth(np.concatenate(forward))
    reference, correct = _yaw_to_front(*rows[:2]), _yaw_to_front(*rows[2:])
    return _from_identity(reference), _from_identity(correct)


def smooth(rows: NDArray[Any]) -> Floats:
    """Filter rows, shaped (rows, frames), by a Gaussian; their ends are repeated outward."""
    padded = np.pad(rows.astype(np.float64), ((0, 0), (RADIUS_FRAMES, RADIUS_FRAMES)), mode="edge")
    filtered = np.empty(rows.shape)
    filter_into(padded, _weights(), filtered)
    return filtered


def yaw_steps(yaw: Yaw, corrected: bool = False) -> YawSteps:
    """Return the changes of heading.

    The reference stores half of the angle, and with the wrong sign where the product of the two
    quaternions has a negative real part. If `corrected`, the angle itself is stored, from -pi to
    pi.
    """
    real, turned = _differences(yaw.frames(slice(1, None)), yaw.frames(slice(None, -1)))
    crosses = real < 0
    if corrected:
        return YawSteps(2.0 * arc_sines(np.where(crosses, -turned, turned)), crosses)
    return YawSteps(arc_sines(turned), crosses)


def angles_between(first: Yaw, second: Yaw) -> Floats:
    """Return the angles between two headings, radians, from 0 to pi."""
    return 2.0 * arc_sines(np.abs(_differences(first, second)[1]))


def _differences(first: Yaw, second: Yaw) -> tuple[Floats, Floats]:
    """Return w and y of the quaternions that turn `second` to `first`, as float64."""
    real = first.w * second.w + first.y * second.y
    turned = first.y * second.w - first.w * second.y
    return real.astype(np.float64), turned.astype(np.float64)


def _across(planes: NDArray[Any], skeleton: FeatureSkeleton, hips_sign: int = 1) -> NDArray[Any]:
    """Return the vectors from the left to the right side, shaped (3, frames)."""
    right_hip, left_hip = skeleton.hips
    right_shoulder, left_shoulder = skeleton.shoulders
    hips = planes[:, right_hip] - planes[:, left_hip]
    shoulders = planes[:, right_shoulder] - planes[:, left_shoulder]
    across: NDArray[Any] = shoulders + hips if hips_sign > 0 else shoulders - hips
    return across


def _forward(across: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return x and z of the horizontal vectors to the front, at right angles to `across`."""
    return across[2], -across[0]


def _yaw_to_front(x: NDArray[Any], z: NDArray[Any]) -> Yaw:
    """Return the rotations that turn horizontal vectors to +z; none for vectors of length 0."""
    length = _not_zero(np.sqrt(x * x + z * z))
    x, z = (x / length).astype(np.float32), (z / length).astype(np.float32)
    w = _roots_near_one(x * x + z * z) + z
    norm = np.sqrt(w * w + x * x)
    undefined = norm == 0  # against +z, or no vector: the half turn is the limit of the former
    norm = np.where(undefined, np.float32(1), norm)
    return Yaw(w / norm, np.where(undefined, np.float32(1), -x / norm))


def _roots_near_one(squares: Singles) -> Singles:
    """Return the roots of values near 1 as `root_near_one` does; those of 0 are of no use."""
    return (1.0 + (squares.astype(np.float64) - 1.0) * BELOW_HALF).astype(np.float32)


def _from_identity(yaw: Yaw) -> Yaw:
    yaw.w[0], yaw.y[0] = 1, 0
    return yaw


def _normalized(vectors: NDArray[Any]) -> Floats:
    """Return unit vectors, rounded as the vectors are; vectors of length 0 stay so."""
    unit: Floats = (vectors / _not_zero(lengths_of(vectors))).astype(np.float64)
    return unit


def _not_zero(lengths: NDArray[Any]) -> NDArray[Any]:
    positive: NDArray[Any] = np.where(lengths == 0, lengths.dtype.type(1), lengths)
    return positive


@lru_cache(maxsize=1)
def _weights() -> Floats:
    """Return the weights of the middle and of one side; NumPy's exponential depends on the CPU."""
    heights = [(-Decimal(n * n) / (2 * SIGMA_FRAMES**2)).exp() for n in range(RADIUS_FRAMES + 1)]
    total = heights[0] + 2 * sum(heights[1:])
    return np.array([float(height / total) for height in heights])
