"""The rest skeleton that a motion is generated for, and its measures.

It is usually that of the bundled body with a subject's betas. Only the rest joints and the height
of the soles are needed, so tests can construct other skeletons.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINT

Floats = NDArray[np.float64]

LEFT_SIGN = {"left": 1.0, "right": -1.0}
"""Sign of the lateral coordinate of each side; left is positive, as in the rest frame."""


@dataclass(frozen=True, eq=False)
class RestSkeleton:
    """Rest joints in SMPL's rest frame: y up, facing +z, left is +x, arms along x, meters."""

    joints: Floats
    """Rest positions of the joints, shaped (22 or more, 3)."""
    sole_y: float
    """Height of the soles in the rest frame."""

    def bone(self, parent: str, child: str) -> Floats:
        """Return the rest vector from one joint to another, shaped (3,)."""
        vector: Floats = self.joints[JOINT[child]] - self.joints[JOINT[parent]]
        return vector

    def length(self, parent: str, child: str) -> float:
        """Return the rest distance between two joints."""
        return float(np.linalg.norm(self.bone(parent, child)))

    @cached_property
    def leg(self) -> float:
        """The length of a leg from hip to ankle, which is the unit of steps and heights."""
        return self.length("left_hip", "left_knee") + self.length("left_knee", "left_ankle")

    @cached_property
    def arm(self) -> float:
        """The length of an arm from shoulder to wrist."""
        return self.length("left_shoulder", "left_elbow") + self.length("left_elbow", "left_wrist")

    @cached_property
    def hip_width(self) -> float:
        """The distance between the hip joints."""
        return self.length("left_hip", "right_hip")

    def height_over_sole(self, joint: str) -> float:
        """Return the height of a rest joint above the soles."""
        return float(self.joints[JOINT[joint], 1] - self.sole_y)
