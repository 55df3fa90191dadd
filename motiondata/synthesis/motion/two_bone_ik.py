"""Two bones and a hinge between: how a limb must turn and bend for its end to be in a place.

Solved in closed form for any rest vectors, so that a foot that stands is where it was put to
rounding, and nothing slides.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.rotations import axes_along, inverse

Floats = NDArray[np.float64]


def solve_two_bone_ik(
    upper: Floats, lower: Floats, hinge: Floats, target: Floats, normal: Floats
) -> tuple[Floats, Floats]:
    """Return the rotation of a limb's root, (frames, 3, 3), and the bend of its hinge, (frames,).

    `upper` and `lower` are the bones' rest vectors (3,), `hinge` the unit axis (3,) about which a
    positive angle bends the limb. `target` (frames, 3) is where its end shall be, seen from its
    root, and `normal` (frames, 3) where the hinge's axis shall point. A target out of reach is
    approached as far as the limb goes.
    """
    bend = hinge_angle(upper, lower, hinge, np.linalg.norm(target, axis=-1))
    end = upper + _about(hinge, lower, bend)
    at_rest = axes_along(end, np.broadcast_to(hinge, target.shape))
    return axes_along(target, normal) @ inverse(at_rest), bend


def hinge_angle(upper: Floats, lower: Floats, hinge: Floats, distance: Floats) -> Floats:
    """Return the bend (frames,) at which root and end of the limb are `distance` (frames,) apart.

    Solves |upper + R(bend) lower| = distance by the law of cosines, bones out of plane included.
    """
    across = (upper @ hinge) * (lower @ hinge)
    cosine_part = upper @ lower - across
    sine_part = upper @ np.cross(hinge, lower)
    product = (distance**2 - upper @ upper - lower @ lower) / 2.0 - across
    straight = np.arctan2(sine_part, cosine_part)
    ratio = np.clip(product / np.hypot(cosine_part, sine_part), -1.0, 1.0)
    bend: Floats = straight + np.arccos(ratio)
    return bend


def _about(axis: Floats, vector: Floats, angle: Floats) -> Floats:
    """Return `vector` (3,) turned about the unit `axis` (3,) by each angle, shaped (frames, 3)."""
    cosine, sine = np.cos(angle)[:, np.newaxis], np.sin(angle)[:, np.newaxis]
    turned: Floats = cosine * vector + sine * np.cross(axis, vector)
    return turned + (1.0 - cosine) * axis * (axis @ vector)
