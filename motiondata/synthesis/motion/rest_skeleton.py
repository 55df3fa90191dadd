"""A figure: the skeleton that a motion is made for, with the few measures that planning needs.

It is the bundled body's, shaped by a subject's betas: only its rest joints and its sole matter, so
a test can stand up a figure of its own.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINT

Floats = NDArray[np.float64]

LEFT_SIGN = {"left": 1.0, "right": -1.0}
"""The sign of a sideways length, left being positive as in the rest frame."""


@dataclass(frozen=True, eq=False)
class RestSkeleton:
    """Rest joints in SMPL's rest frame: y up, facing +z, left is +x, arms along x, metres."""

    joints: Floats
    """Shaped (22 or more, 3)."""
    sole_y: float
    """The height of the soles in the rest frame."""

    def bone(self, parent: str, child: str) -> Floats:
        """Return the rest vector from one joint to another, shaped (3,)."""
        vector: Floats = self.joints[JOINT[child]] - self.joints[JOINT[parent]]
        return vector

    def length(self, parent: str, child: str) -> float:
        """Return the rest distance of two joints."""
        return float(np.linalg.norm(self.bone(parent, child)))

    @cached_property
    def leg(self) -> float:
        """Return the length of a leg from hip to ankle, the unit of steps and heights."""
        return self.length("left_hip", "left_knee") + self.length("left_knee", "left_ankle")

    @cached_property
    def arm(self) -> float:
        """Return the length of an arm from shoulder to wrist."""
        return self.length("left_shoulder", "left_elbow") + self.length("left_elbow", "left_wrist")

    @cached_property
    def hip_width(self) -> float:
        """Return the distance of the hips."""
        return self.length("left_hip", "right_hip")

    def height_over_sole(self, joint: str) -> float:
        """Return the height of a rest joint over the soles."""
        return float(self.joints[JOINT[joint], 1] - self.sole_y)
