"""The matched joints of a file, and whether its rest pose is a standing person."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.rotations import axes_along
from motiondata.sources.bvh.turns import angle_deg

Floats = NDArray[np.float64]

CHILD = {
    f"{side}_{joint}": f"{side}_{child}"
    for side in ("left", "right")
    for joint, child in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("ankle", "foot"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    )
}
"""The joint at the end of the bone that each limb joint turns."""

SNAP_DEG = 29.0
"""Angle up to which the axes of a standing person are taken to be those of the file."""


@dataclass(frozen=True)
class Bones:
    """The matched joints of a file, by SMPL's names, in the file's axes."""

    rotations: Mapping[str, Floats]
    """World rotations, each shaped (frames, 3, 3); the identity at rest."""
    places: Mapping[str, Floats]
    """Positions, each shaped (frames, 3)."""
    rest: Mapping[str, Floats]
    """Positions in the file's rest pose, each shaped (3,)."""

    def bone(self, name: str, child: str) -> Floats:
        """Return the mean direction of a bone in the axes of its joint, shaped (3,)."""
        ways = self.places[child] - self.places[name]
        mean: Floats = np.einsum("fji,fj->i", self.rotations[name], ways)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)


def middle(places: Mapping[str, Floats], joint: str) -> Floats:
    """Return the midpoint of the left and the right joint of a kind."""
    result: Floats = (places[f"left_{joint}"] + places[f"right_{joint}"]) / 2
    return result


def standing_axes(rest: Mapping[str, Floats]) -> Floats | None:
    """Return the rotation from SMPL's axes to those of a standing rest pose, or None.

    A rest pose counts as standing if hips and shoulders are parallel, the legs point down, the arms
    point sideways or down, and the head is above the shoulders.
    """
    across = [rest[f"left_{joint}"] - rest[f"right_{joint}"] for joint in ("hip", "shoulder")]
    up = middle(rest, "shoulder") - middle(rest, "hip")
    if min(np.linalg.norm(way) for way in (*across, up)) < 1e-9:
        return None
    left = sum(way / np.linalg.norm(way) for way in across)
    axes = _snapped(np.array(axes_along(np.asarray(left)[None], up[None])[0]))
    down = -axes[:, 1]
    legs = [rest[CHILD[j]] - rest[j] for j in CHILD if j.endswith(("hip", "knee"))]
    arms = [
        (rest[CHILD[j]] - rest[j], axes[:, 0] * (1 if j.startswith("left") else -1))
        for j in CHILD
        if j.endswith(("shoulder", "elbow"))
    ]
    stands = (
        angle_deg(*across) < 45
        and all(angle_deg(leg, down) < 60 for leg in legs)
        and all(angle_deg(arm, side) < 100 for arm, side in arms)
        and (rest["head"] - middle(rest, "shoulder")) @ down < 0
    )
    return axes if stands else None


def _snapped(axes: Floats) -> Floats:
    """Return the nearest axes of the file if they are near: a trunk at rest may lean."""
    nearest: Floats = np.round(axes)
    is_near = np.abs(nearest - axes).max() < np.sin(np.radians(SNAP_DEG))
    return nearest if is_near else axes
