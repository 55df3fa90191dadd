"""Inverse kinematics of two bones with a hinge between them.

The solution is in closed form for any rest vectors. A standing foot is at its given position up to
rounding and does not slide.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.rotations import axes_along, inverse, turned_about

Floats = NDArray[np.float64]


def solve_two_bone_ik(
    upper: Floats, lower: Floats, hinge: Floats, target: Floats, normal: Floats
) -> tuple[Floats, Floats]:
    """Return the rotation of a limb's root, (frames, 3, 3), and the bend of its hinge, (frames,).

    `upper` and `lower` are the rest vectors (3,) of the bones. `hinge` is the unit axis (3,) about
    which a positive angle bends the limb. `target` (frames, 3) is the desired position of the end
    relative to the root; `normal` (frames, 3) is the desired direction of the hinge axis, which is
    followed as closely as `target` allows. If the target is out of reach, the limb is extended
    toward it as far as possible.
    """
    bend = hinge_angle(upper, lower, hinge, np.linalg.norm(target, axis=-1))
    end = upper + turned_about(hinge, bend, lower)
    at_rest = axes_along(end, np.broadcast_to(hinge, target.shape))
    return axes_along(target, normal) @ inverse(at_rest), bend


def hinge_angle(upper: Floats, lower: Floats, hinge: Floats, distance: Floats) -> Floats:
    """Return the bend (frames,) at which root and end of the limb are `distance` (frames,) apart.

    Solves |upper + R(bend) lower| = distance by the law of cosines, generalized to bones that are
    not perpendicular to the hinge.
    """
    across = (upper @ hinge) * (lower @ hinge)
    cosine_part = upper @ lower - across
    sine_part = upper @ np.cross(hinge, lower)
    product = (distance**2 - upper @ upper - lower @ lower) / 2.0 - across
    straight = np.arctan2(sine_part, cosine_part)
    ratio = np.clip(product / np.hypot(cosine_part, sine_part), -1.0, 1.0)
    bend: Floats = straight + np.arccos(ratio)
    return bend
