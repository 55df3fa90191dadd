"""Two bones and a hinge between: how a limb must turn and bend for its end to be in a place.

Solved in closed form for any rest vectors, so that a foot that stands is where it was put to
rounding, and nothing slides.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.synthesis.rotations import axes_along, inverse, turned

Floats = NDArray[np.float64]


def reach(
    upper: Floats, lower: Floats, hinge: Floats, target: Floats, normal: Floats
) -> tuple[Floats, Floats]:
    """Return the rotation of a limb's root, (frames, 3, 3), and the bend of its hinge, (frames,).

    `upper` and `lower` are the bones' rest vectors (3,), `hinge` the unit axis (3,) about which a
    positive angle bends the limb. `target` (frames, 3) is where its end shall be, seen from its
    root, and `normal` (frames, 3) where the hinge's axis shall point. A target out of reach is
    approached as far as the limb goes.
    """
    bend = hinge_angle(upper, lower, hinge, np.linalg.norm(target, axis=-1))
    along = np.cross(hinge, lower)
    swung = np.cos(bend)[:, None] * lower + np.sin(bend)[:, None] * along
    swung += (1.0 - np.cos(bend))[:, None] * hinge * (hinge @ lower)
    rest = axes_along(upper + swung, np.broadcast_to(hinge, target.shape))
    return axes_along(target, normal) @ inverse(rest), bend


def hinge_angle(upper: Floats, lower: Floats, hinge: Floats, distance: Floats) -> Floats:
    """Return the bend (frames,) at which root and end of the limb are `distance` (frames,) apart.

    Solves |upper + R(bend) lower| = distance by the law of cosines, bones out of plane included.
    """
    across = (upper @ hinge) * (lower @ hinge)
    cosine_part = upper @ lower - across
    sine_part = upper @ np.cross(hinge, lower)
    product = (distance**2 - upper @ upper - lower @ lower) / 2.0 - across
    largest = np.hypot(cosine_part, sine_part)
    straight = np.arctan2(sine_part, cosine_part)
    bend: Floats = straight + np.arccos(np.clip(product / largest, -1.0, 1.0))
    return bend


def longest(upper: Floats, lower: Floats, hinge: Floats, bend: float) -> float:
    """Return the distance of root and end at a bend, the inverse of `hinge_angle`."""
    along = np.cos(bend) * lower + np.sin(bend) * np.cross(hinge, lower)
    along = along + (1.0 - np.cos(bend)) * hinge * (hinge @ lower)
    return float(np.linalg.norm(upper + along))


def turned_bone(rotations: Floats, bone: Floats) -> Floats:
    """Return where a bone points after a rotation, shaped (frames, 3)."""
    return turned(rotations, bone)
